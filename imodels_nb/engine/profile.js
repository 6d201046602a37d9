// Where an index stands in the overview, and what it draws of all changesets.
const PEAKS = 20;
const NARROWEST = 3; // pixels of a bar

// Where an index stands between 0 and 1, and back: along the index itself, or along the time of its push.
const placesOf = (kind, grid, [low, high]) => {
  const index = kind === "sizes" ? [low, high + 1] : [...grid.first, high + 1];
  const along = kind === "sizes" ? [0, 1] : pushTimes(grid);
  const between = (xs, ys, x) => {
    const at = Math.min(Math.max(placeOf(xs, x), 1), xs.length - 1);
    const width = xs[at] - xs[at - 1];
    return ys[at - 1] + (width ? Math.min(Math.max((x - xs[at - 1]) / width, 0), 1) : 0) * (ys[at] - ys[at - 1]);
  };
  return { at: (value) => between(index, along, value), of: (x) => between(along, index, x) };
};

// Of every cell how far along all time it begins: times may run back, places may not.
const pushTimes = ({ first, cell, bin }) => {
  const along = new Float64Array(first.length + 1);
  const ends = bin.reduce((most, value) => Math.max(most, value), 0) + 1;
  for (let at = cell.length - 1; at >= 0; at--) along[cell[at]] = bin[at] / ends;
  for (let at = 1; at < first.length; at++) along[at] = Math.max(along[at], along[at - 1]);
  along[first.length] = 1;
  return along;
};

// Heights between 0 and 1 by pixel of the strip, and the peaks to mark.
const profileOf = (kind, grid, bounds, width) =>
  kind === "sizes" ? sizeProfile(grid, placesOf(kind, grid, bounds), width) : pushProfile(grid, width);

const sizeProfile = (grid, places, width) => {
  const heights = new Float64Array(width);
  const most = grid.max.reduce((high, value) => Math.max(high, value), 1);
  const heightOf = (size) => Math.log1p(size) / Math.log1p(most);
  const edge = (index) => Math.min(width - 1, Math.floor(places.at(index) * width));
  grid.max.forEach((size, column) => {
    const [left, right] = [edge(grid.first[column]), Math.max(edge(grid.last[column] + 1), edge(grid.first[column]) + 1)];
    for (let x = left; x < right; x++) heights[x] = Math.max(heights[x], heightOf(size));
  });
  const order = [...grid.max.keys()].sort((one, other) => grid.max[other] - grid.max[one]);
  const largest = order.slice(0, PEAKS).filter((column) => grid.max[column]);
  const middle = (column) => edge((grid.first[column] + grid.last[column] + 1) / 2);
  return { heights, peaks: largest.map((column) => [middle(column), heightOf(grid.max[column])]) };
};

const pushProfile = ({ bin, counts, kinds }, width) => {
  const heights = new Float64Array(width);
  const ends = bin.reduce((most, value) => Math.max(most, value), 0) + 1;
  bin.forEach((place, meet) => {
    const left = Math.min(Math.floor((place / ends) * width), width - NARROWEST);
    const right = Math.max(Math.ceil(((place + 1) / ends) * width), left + NARROWEST);
    let pushes = 0;
    for (let at = 0; at < kinds.length; at++) pushes += counts[meet * kinds.length + at];
    for (let x = left; x < right; x++) heights[x] += pushes / (right - left);
  });
  const most = heights.reduce((high, value) => Math.max(high, value), 0);
  return { heights: heights.map((value) => Math.sqrt(value / most)), peaks: [] };
};
