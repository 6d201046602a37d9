// What the overview draws of all changesets.
const PEAKS = 20;
const NARROWEST = 3; // pixels of a bar

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
