// Dates of the range control: parsing, formatting and ticks. All times are seconds of local time since 1970.

const DAY = 86_400;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ISO_DATE = /^(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?)?$/;
const NAMED_MONTH = /^(?:(\d{1,2})\.? )?([a-z]{3,9})\.?(?: (\d{4}))?$/i;

/** @typedef {[start: number, stop: number]} Period seconds; `stop` is not included */
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
 * Return the period that a text names, or null: `2025-03`, `2025-03-14`, `2025-03-14 09:30`, `14 March 2025`, `March 2025`,
 * or `March` for the latest one.
 * @param {string} text
 * @param {number} newest the time that `March` does not lie after
 * @returns {Period | null}
 */
export function parsePeriod(text, newest) {
  const iso = ISO_DATE.exec(text);
  if (iso) {
    const [year, month, day, hour, minute] = iso
      .slice(1)
      .map((part) => (part === undefined ? undefined : Number(part)));
    return buildPeriod(/** @type {number} */ (year), /** @type {number} */ (month) - 1, day, hour, minute);
  }
  const named = NAMED_MONTH.exec(text);
  const month = named ? parseMonth(named[2]) : -1;
  if (!named || month < 0) {
    return null;
  }
  const day = named[1] === undefined ? undefined : Number(named[1]);
  const year = named[3] === undefined ? findLatestYear(month, newest) : Number(named[3]);
  return buildPeriod(year, month, day);
}

/**
 * Return the number of a month by its English name or the start of it, or -1.
 * @param {string} name
 */
function parseMonth(name) {
  const fullNames = MONTHS.map((_, month) =>
    new Date(Date.UTC(2000, month)).toLocaleString("en", { month: "long", timeZone: "UTC" }),
  );
  return fullNames.findIndex((full) => full.toLowerCase().startsWith(name.toLowerCase()));
}

/**
 * Return the latest year in which a month starts no later than a time.
 * @param {number} month
 * @param {number} newest
 */
function findLatestYear(month, newest) {
  const year = new Date(newest * 1000).getUTCFullYear();
  return Date.UTC(year, month) / 1000 <= newest ? year : year - 1;
}

/**
 * Return a month, a day or a minute as a period, or null if there is no such date.
 * @param {number} year
 * @param {number} month from 0
 * @param {number} [day]
 * @param {number} [hour]
 * @param {number} [minute]
 * @returns {Period | null}
 */
function buildPeriod(year, month, day, hour, minute) {
  const start = Date.UTC(year, month, day ?? 1, hour ?? 0, minute ?? 0) / 1000;
  const date = new Date(start * 1000);
  const exists =
    date.getUTCMonth() === month && date.getUTCDate() === (day ?? 1) && (hour ?? 0) < 24 && (minute ?? 0) < 60;
  if (!exists) {
    return null;
  }
  if (day === undefined) {
    return [start, Date.UTC(year, month + 1) / 1000];
  }
  return [start, start + (hour === undefined ? DAY : 60)];
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
