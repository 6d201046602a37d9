// Formatting of dates, and ticks of an axis of time. All times are seconds of local time since 1970.
import { DAY, MONTH_NAMES } from "./date_texts.js";

const MONTHS = MONTH_NAMES.map((name) => name.slice(0, 3));

/** @typedef {{unit: "hour" | "day" | "month", count: number, seconds: number}} TickInterval the distance of two ticks */
/** @typedef {{seconds: number, label: string}} DateTick */

/** @type {TickInterval[]} */
const INTERVALS = [
  ...[1, 3, 6, 12].map((count) => buildInterval("hour", count, DAY / 24)),
  ...[1, 2, 7, 14].map((count) => buildInterval("day", count, DAY)),
  ...[1, 3, 6, 12, 24, 60, 120, 240, 600, 1200].map((count) => buildInterval("month", count, 30.44 * DAY)),
];

/**
 * @param {TickInterval["unit"]} unit
 * @param {number} count
 * @param {number} seconds of one unit
 * @returns {TickInterval}
 */
function buildInterval(unit, count, seconds) {
  return { unit, count, seconds: count * seconds };
}

/**
 * Return the same day and time one month earlier; the last day of a shorter month.
 * @param {number} seconds
 */
export function subtractMonth(seconds) {
  const date = new Date(seconds * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() - 1);
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime() / 1000;
}

/**
 * Format the day of a time, such as `3 Mar 2025`.
 * @param {number} seconds
 */
export function formatDay(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/**
 * Return the ticks of an axis of time, on whole hours, days, months or years.
 * @param {number} start
 * @param {number} stop
 * @param {number} maxTicks
 * @returns {DateTick[]}
 */
export function buildDateTicks(start, stop, maxTicks) {
  const interval =
    INTERVALS.find(({ seconds }) => (stop - start) / seconds <= maxTicks) ?? INTERVALS[INTERVALS.length - 1];
  const ticks = [];
  for (let time = roundUp(start, interval); time <= stop; time = addInterval(time, interval)) {
    ticks.push({ seconds: time, label: formatTick(time, interval, ticks.length === 0) });
  }
  return ticks;
}

/**
 * Return the first tick at or after a time.
 * @param {number} time
 * @param {TickInterval} interval
 */
function roundUp(time, { unit, count, seconds }) {
  if (unit !== "month") {
    const origin = 4 * DAY; // a Monday
    return origin + Math.ceil((time - origin) / seconds) * seconds;
  }
  const date = new Date(time * 1000);
  const months = 12 * date.getUTCFullYear() + date.getUTCMonth();
  const next = getMonthStart(months) === time ? months : months + 1;
  return getMonthStart(Math.ceil(next / count) * count);
}

/**
 * Return the tick after another.
 * @param {number} time
 * @param {TickInterval} interval
 */
function addInterval(time, { unit, count, seconds }) {
  if (unit !== "month") {
    return time + seconds;
  }
  const date = new Date(time * 1000);
  return getMonthStart(12 * date.getUTCFullYear() + date.getUTCMonth() + count);
}

/**
 * Return the start of a month.
 * @param {number} months since the year 0
 */
function getMonthStart(months) {
  return Date.UTC(Math.floor(months / 12), months % 12) / 1000;
}

/**
 * Format a tick to the precision of its axis; the first tick names the year.
 * @param {number} seconds
 * @param {TickInterval} interval
 * @param {boolean} isFirst
 */
function formatTick(seconds, { unit, count }, isFirst) {
  const date = new Date(seconds * 1000);
  const month = MONTHS[date.getUTCMonth()];
  if (unit === "month") {
    return count >= 12 ? String(date.getUTCFullYear()) : `${month} ${date.getUTCFullYear()}`;
  }
  if (unit === "hour" && seconds % DAY && !isFirst) {
    return `${String(date.getUTCHours()).padStart(2, "0")}:00`;
  }
  return isFirst ? formatDay(seconds) : `${date.getUTCDate()} ${month}`;
}
