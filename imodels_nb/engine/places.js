// Where an index stands between 0 and 1, and back: along the index itself, or along the time of its push.
const placesOf = (kind, grid, [low, high]) => {
  const index = kind === "sizes" ? [low, high + 1] : [...grid.first, high + 1];
  const along = kind === "sizes" ? [0, 1] : pushTimes(grid);
  return { at: (value) => between(index, along, value), of: (place) => between(along, index, place) };
};

const between = (xs, ys, x) => {
  const at = Math.min(Math.max(placeOf(xs, x), 1), xs.length - 1);
  const width = xs[at] - xs[at - 1];
  return ys[at - 1] + (width ? Math.min(Math.max((x - xs[at - 1]) / width, 0), 1) : 0) * (ys[at] - ys[at - 1]);
};

// Of every cell how far along all time it begins. Times may run back, places may not: cells that were pushed out of
// order share the way between those that were not.
const pushTimes = (grid) => {
  const begins = beginsOf(grid);
  const kept = [0, ...ascending(begins).filter((at) => begins[at] > 0), begins.length];
  const places = kept.map((at) => (at ? (begins[at] ?? 1) : 0));
  return Array.from({ length: begins.length + 1 }, (_, at) => between(kept, places, at));
};

// The first time bin of every cell, as a part of all; neighbours that begin in one bin share its width.
const beginsOf = ({ first, cell, bin }) => {
  const bins = new Float64Array(first.length).fill(Infinity);
  cell.forEach((place, at) => (bins[place] = Math.min(bins[place], bin[at])));
  const all = bin.reduce((most, value) => Math.max(most, value), 0) + 1;
  const begins = new Float64Array(first.length);
  for (let at = 0, next = 0; at < bins.length; at = next) {
    while (bins[next] === bins[at]) next++;
    for (let same = at; same < next; same++) begins[same] = (bins[at] + (same - at) / (next - at)) / all;
  }
  return begins;
};

// The positions of the longest ascending part of a list.
const ascending = (values) => {
  const [tails, ends, before] = [[], [], []]; // of each length: the least last value, its position, and what precedes
  values.forEach((value, at) => {
    const length = placeOf(tails, value);
    [tails[length], ends[length], before[at]] = [value, at, ends[length - 1]];
  });
  const found = [];
  for (let at = ends.at(-1); at !== undefined; at = before[at]) found.push(at);
  return found.reverse();
};
