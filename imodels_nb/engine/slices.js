// From a grid over the index to the rows that a chart draws for a range: those of whole columns, each figure exact.
const [MOST_BINS, FEWEST_BINS] = [200, 24]; // fewer than most where changesets are few
const MOST_COLUMNS = 256;
const MOST_DOTS = 500;
const MOST_TICKS = 300;
const FEWEST_COLUMNS = 96; // fewer would look coarse beside what a kernel can tell

// The columns that lie wholly in the range, whether they are all that the range holds, and whether the grid tells of
// most of it at all: what a kernel told of a narrow range is no picture of a wide one.
const inside = ({ first, last, range }, low, high) => {
  const [from, to] = [placeOf(first, low), placeOf(last, high + 1)];
  const [start, stop] = range ? [Math.max(low, range[0]), Math.min(high, range[1])] : [low, high];
  const most = 2 * (stop - start + 1) > high - low + 1;
  if (from > to) return { from, to: from, exact: false, most }; // the range lies within one column
  const cut = (from > 0 && last[from - 1] >= low) || (to < first.length && first[to] <= high);
  return { from, to, exact: start === low && stop === high && !cut, most };
};

const nothing = (part, low, high) => ({ rows: [], uploaded: 0, empty: true, fine: part.exact, first: low, last: high, ...part });

// What is drawn: the range asked for where the columns are all it holds, else from the first of them to the last.
const drawn = ({ first, last }, { from, to, exact }, low, high) =>
  exact ? { first: low, last: high } : { first: first[from], last: last[to - 1] };

const pushSlice = (grid, low, high) => {
  const part = inside(grid, low, high);
  if (part.from === part.to) return nothing(part, low, high);
  const [start, stop] = [placeOf(grid.cell, part.from), placeOf(grid.cell, part.to)];
  const { bin, counts, kinds } = grid;
  let [oldest, newest, pushes] = [Infinity, -Infinity, 0];
  for (let at = start; at < stop; at++) {
    oldest = Math.min(oldest, bin[at]);
    newest = Math.max(newest, bin[at]);
    for (let kind = 0; kind < kinds.length; kind++) pushes += counts[at * kinds.length + kind];
  }
  const most = Math.min(MOST_BINS, Math.max(FEWEST_BINS, 4 * pushes));
  const binAt = (place, step) => Math.floor((grid.start + place * grid.step) / step);
  const step =
    grid.steps.find((width) => binAt(newest, width) - binAt(oldest, width) < most) ?? grid.steps.at(-1);
  const begin = binAt(oldest, step);
  const totals = new Float64Array((binAt(newest, step) - begin + 1) * kinds.length);
  for (let at = start; at < stop; at++) {
    const place = (binAt(bin[at], step) - begin) * kinds.length;
    for (let kind = 0; kind < kinds.length; kind++) totals[place + kind] += counts[at * kinds.length + kind];
  }
  const shown = drawn(grid, part, low, high);
  const [first, last, rows] = [grid.first[part.from], grid.last[part.to - 1], []];
  let uploaded = 0;
  totals.forEach((count, place) => {
    if (!count) return;
    const kind = place % kinds.length;
    const minute = (begin + Math.floor(place / kinds.length)) * step + grid.origin;
    rows.push({ drawn: true, first, last, start: minute, step, kind: kinds[kind], count });
    if (kind !== grid.waiting) uploaded += count;
  });
  // Finer bins would not show more where those of the grid are already joined to keep to their number.
  const told = grid.single || pushes > MOST_TICKS;
  const fine = part.most && (grid.finest || (told && (step > grid.step || grid.step === 1)));
  return { rows: [...rows, ...ticks(grid, part)], uploaded, fine, ...part, ...shown };
};

// The changesets one by one, where they are few enough to be told apart.
const ticks = (grid, { from, to }) => {
  if (!grid.single || to - from > MOST_TICKS) return [];
  return Array.from({ length: to - from }, (_, place) => {
    const at = from + place;
    const kinds = grid.texts[grid.kind[at]] + (grid.uploaded[at] ? "" : " · waiting for file");
    const index = { first: grid.first[at], last: grid.last[at] };
    return { ...index, drawn: true, alone: true, count: 0, time: grid.second[at] * 1000, size: grid.size[at], kinds };
  });
};

const sizeSlice = (grid, low, high) => {
  const part = inside(grid, low, high);
  if (part.from === part.to) return nothing(part, low, high);
  const columns = part.to - part.from;
  const dots = grid.single && columns <= MOST_DOTS;
  const rows = dots
    ? Array.from({ length: columns }, (_, at) => changesetRow(grid, part.from + at))
    : blocks(part, grid.medians.length).map((block) => columnRow(grid, ...block));
  const uploaded = rows.reduce((sum, row) => sum + row.count, 0);
  const fine = part.most && (grid.finest || grid.single || columns >= FEWEST_COLUMNS);
  return { rows, uploaded, fine, ...part, ...drawn(grid, part, low, high) };
};

// Blocks of one, two, four ... columns that make up a part of the grid: few enough to draw, and wide where possible.
const blocks = ({ from, to }, deepest) => {
  const wanted = Math.min(deepest, Math.max(0, Math.ceil(Math.log2((to - from) / MOST_COLUMNS))));
  const found = [];
  for (let at = from; at < to; at += 2 ** found.at(-1)[1]) {
    let depth = 0;
    while (depth < wanted && at % 2 ** (depth + 1) === 0 && at + 2 ** (depth + 1) <= to) depth++;
    found.push([at, depth]);
  }
  return found;
};

const changesetRow = (grid, at) => {
  const size = grid.max[at] || null; // a log scale has no 0
  const [first, last] = [grid.first[at], grid.last[at]];
  return {
    drawn: true,
    first,
    last,
    middle: (first + last) / 2,
    extent: grid.count[at] + grid.waiting[at],
    count: grid.count[at],
    min: size,
    median: size,
    max: size,
    sum: grid.max[at],
    zeros: grid.zeros[at],
    waiting: grid.waiting[at],
    time: grid.minute[at] * 60_000,
    kinds: grid.kinds[grid.kind[at]],
  };
};

const columnRow = (grid, at, depth) => {
  const row = { first: grid.first[at], last: grid.last[at], count: 0, sum: 0, zeros: 0, waiting: 0 };
  const { min = grid.max, sum = grid.max, median = grid.max } = grid; // of single changesets they are the same
  let [smallest, largest] = [Infinity, 0];
  for (let part = at; part < at + 2 ** depth; part++) {
    row.last = grid.last[part];
    row.count += grid.count[part];
    row.sum += sum[part];
    row.zeros += grid.zeros[part];
    row.waiting += grid.waiting[part];
    if (!grid.max[part]) continue; // nothing above 0 bytes in it
    smallest = Math.min(smallest, min[part]);
    largest = Math.max(largest, grid.max[part]);
  }
  const middle = depth ? grid.medians[depth - 1][at / 2 ** depth] : median[at];
  const place = { drawn: true, middle: (row.first + row.last) / 2, extent: row.count + row.waiting };
  return { ...row, ...place, time: 0, kinds: "", ...(largest ? { min: smallest, median: middle, max: largest } : {}) };
};

const SLICES = { pushes: pushSlice, sizes: sizeSlice };

// Of several grids the slice that tells most: the fine before the coarse, the exact before the snapped.
const bestSlice = (kind, grids, low, high) =>
  grids
    .map((grid) => SLICES[kind](grid, low, high))
    .reduce((best, slice) => (worth(slice) > worth(best) ? slice : best));

const worth = ({ fine, exact, empty }) => (empty && !exact ? 0 : 1 + 2 * Boolean(fine) + Boolean(exact));
