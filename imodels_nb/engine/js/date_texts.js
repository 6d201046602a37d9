// Dates as a person writes them, and the periods that they name. All times are seconds of local time since 1970.
// aggregate/date_texts.py reads the same texts in Python. The examples in tests/js/dates.json hold for both.

export const DAY = 86_400;
export const MONTH_NAMES = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const HOUR = 3600;
const MINUTE = 60;
const MIN_YEAR = 1000; // Date.UTC reads the years before 100 as those after 1900

const ISO_DATE = /^(\d{4})-(\d{1,2})(?:-(\d{1,2})([T ].*)?)?$/i;
const CLOCK = /^(?:T| +)(\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: *(Z|[+-]\d{2}:?\d{2}))?)?$/i;
const QUARTER = /^(?:(\d{4})[- ]?Q([1-4])|Q([1-4]) +(\d{4}))$/i;
const NAMED_MONTH = /^(?:(\d{1,2})\.? +)?([a-z]{3,9})\.?(?: +(\d{4}))?$/i;

/** @typedef {[start: number, stop: number]} Period seconds; `stop` is not included */

/**
 * Return the period that a text names, or null for a text that is no date: `2025-03`, `2025-03-14`, `2025-03-14 09:30`,
 * `2025-03-14T09:30:15.5+01:00`, `2025Q1`, `Q1 2025`, `March 2025`, `14 Mar 2025`, or `March` for the latest one.
 * @param {string} text
 * @param {number} newest the time that `March` does not begin after
 * @param {string} timeZone IANA name of the local time zone, to which a time with an offset from UTC is converted
 * @returns {Period | null}
 */
export function parsePeriod(text, newest, timeZone) {
  const iso = ISO_DATE.exec(text);
  if (iso) {
    return parseIsoDate(iso, timeZone);
  }
  const quarter = QUARTER.exec(text);
  if (quarter) {
    const [, year = quarter[4], number = quarter[3]] = quarter;
    return buildMonths(Number(year), 3 * Number(number) - 3, 3);
  }
  const named = NAMED_MONTH.exec(text);
  return named ? parseNamedMonth(named, newest) : null;
}

/**
 * @param {RegExpExecArray} parts year, month, day, and time of day; the last two may be missing
 * @param {string} timeZone
 * @returns {Period | null}
 */
function parseIsoDate([, year, month, day, clock], timeZone) {
  if (day === undefined) {
    return buildMonths(Number(year), Number(month) - 1, 1);
  }
  const period = buildDay(Number(year), Number(month) - 1, Number(day));
  return period && clock !== undefined ? parseClock(period[0], clock, timeZone) : period;
}

/**
 * Return the period that a time of day names: its hour, minute, second or millisecond.
 * @param {number} midnight
 * @param {string} text
 * @param {string} timeZone
 * @returns {Period | null}
 */
function parseClock(midnight, text, timeZone) {
  const parts = CLOCK.exec(text);
  if (!parts) {
    return null;
  }
  const [, hour, minute, second, fraction, offset] = parts;
  const [hours, minutes, seconds] = [hour, minute, second].map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59 || seconds > 59) {
    return null;
  }
  const milliseconds = Number((fraction ?? "").padEnd(3, "0").slice(0, 3));
  const time = midnight + hours * HOUR + minutes * MINUTE + seconds + milliseconds / 1000;
  const start = offset === undefined ? time : convertToLocal(time, offset, timeZone);
  return start === null ? null : [start, start + findPrecision(minute, second, fraction)];
}

/**
 * Return the length of the period that a time of day names, in seconds.
 * @param {string | undefined} minute
 * @param {string | undefined} second
 * @param {string | undefined} fraction
 */
function findPrecision(minute, second, fraction) {
  if (fraction !== undefined) {
    return 0.001;
  }
  if (second !== undefined) {
    return 1;
  }
  return minute === undefined ? HOUR : MINUTE;
}

/**
 * Return the local time of a time that has an offset from UTC, or null if there is no such offset.
 * @param {number} time
 * @param {string} offset
 * @param {string} timeZone
 */
function convertToLocal(time, offset, timeZone) {
  const digits = offset.replace(/\D/g, "");
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 23 || minutes > 59) {
    return null;
  }
  const sign = offset.startsWith("-") ? -1 : 1;
  const utc = time - sign * (hours * HOUR + minutes * MINUTE);
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const named = format.formatToParts(utc * 1000).map(({ type, value }) => [type, Number(value)]);
  const { year, month, day, hour, minute, second } = Object.fromEntries(named);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 + (utc - Math.floor(utc));
}

/**
 * @param {RegExpExecArray} parts day, name of the month, and year; day and year may be missing
 * @param {number} newest
 * @returns {Period | null}
 */
function parseNamedMonth([, day, name, year], newest) {
  const month = MONTH_NAMES.findIndex((full) => full.toLowerCase().startsWith(name.toLowerCase()));
  if (month < 0) {
    return null;
  }
  const number = year === undefined ? findLatestYear(month, newest) : Number(year);
  return day === undefined ? buildMonths(number, month, 1) : buildDay(number, month, Number(day));
}

/**
 * Return the latest year in which a month starts no later than a time.
 * @param {number} month from 0
 * @param {number} newest
 */
function findLatestYear(month, newest) {
  const date = new Date(newest * 1000);
  return month <= date.getUTCMonth() ? date.getUTCFullYear() : date.getUTCFullYear() - 1;
}

/**
 * Return the period of neighboring months of a year, or null if there is no such month.
 * @param {number} year
 * @param {number} month from 0
 * @param {number} count
 * @returns {Period | null}
 */
function buildMonths(year, month, count) {
  const first = buildDay(year, month, 1);
  return first ? [first[0], Date.UTC(year, month + count) / 1000] : null;
}

/**
 * Return the period of a day, or null if there is no such day.
 * @param {number} year
 * @param {number} month from 0
 * @param {number} day
 * @returns {Period | null}
 */
function buildDay(year, month, day) {
  const date = new Date(Date.UTC(year, month, day));
  const exists = year >= MIN_YEAR && date.getUTCMonth() === month && date.getUTCDate() === day;
  const start = date.getTime() / 1000;
  return exists ? [start, start + DAY] : null;
}
