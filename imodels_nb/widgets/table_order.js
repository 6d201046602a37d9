// The order of a table, which the heads of its columns change.

/** @typedef {{sort: string, descending: boolean}} Order by a column; by none, it is the order that the kernel has */
/** @typedef {{name: string, startsDescending: boolean}} SortedColumn a column, and the direction that a first click gives it */

/**
 * Return the order after a click on the head of a column: a second click turns the direction.
 * @param {Order} current
 * @param {SortedColumn} column
 * @param {Order[]} further what a third click gives, if the table has it
 * @returns {Order}
 */
export function nextSort(current, { name, startsDescending }, further = []) {
  const orders = [
    { sort: name, descending: startsDescending },
    { sort: name, descending: !startsDescending },
    ...further,
  ];
  const position = orders.findIndex((order) => isSameOrder(order, current));
  return orders[(position + 1) % orders.length];
}

/**
 * @param {Order} one
 * @param {Order} other
 */
function isSameOrder(one, other) {
  return one.sort === other.sort && one.descending === other.descending;
}

/**
 * Return the `aria-sort` of the head of a column.
 * @param {Order} order
 * @param {string} name
 */
export function formatAriaSort(order, name) {
  if (order.sort !== name) {
    return "none";
  }
  return order.descending ? "descending" : "ascending";
}
