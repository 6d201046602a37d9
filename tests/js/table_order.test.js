import assert from "node:assert/strict";
import test from "node:test";
import { formatAriaSort, nextSort } from "../../imodels_nb/widgets/table_order.js";

const NAME = { name: "name", startsDescending: false };
const TIME = { name: "time", startsDescending: true };
const UNSORTED = { sort: "", descending: false };

/** Return the orders after clicks on the heads of columns. */
function click(columns, start, further) {
  const orders = [start];
  for (const column of columns) {
    orders.push(nextSort(orders.at(-1), column, further));
  }
  return orders.slice(1).map(({ sort, descending }) => `${sort} ${descending ? "down" : "up"}`.trim());
}

test("a click on a head sorts, and one more turns the direction", () => {
  assert.deepEqual(click([NAME, NAME, NAME], UNSORTED), ["name up", "name down", "name up"]);
  assert.deepEqual(click([TIME, TIME, TIME], UNSORTED), ["time down", "time up", "time down"]);
});

test("a click on another head begins with the direction of its column", () => {
  assert.deepEqual(click([NAME, NAME, TIME, NAME], UNSORTED), ["name up", "name down", "time down", "name up"]);
});

test("a third click goes back to the order of the kernel, where there is one", () => {
  assert.deepEqual(click([NAME, NAME, NAME, NAME], UNSORTED, [UNSORTED]), ["name up", "name down", "up", "name up"]);
  assert.deepEqual(click([TIME, TIME, TIME], UNSORTED, [UNSORTED]), ["time down", "time up", "up"]);
});

test("only the head of the sorted column has a direction", () => {
  assert.equal(formatAriaSort({ sort: "name", descending: false }, "name"), "ascending");
  assert.equal(formatAriaSort({ sort: "name", descending: true }, "name"), "descending");
  assert.equal(formatAriaSort({ sort: "name", descending: true }, "time"), "none");
});
