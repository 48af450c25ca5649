// The city's clock. Every house asks it for the time and never the machine, so that a test or a
// demonstration can put the whole city on one morning. The city lives on Shanghai time (UTC+8, no
// summer time), whatever the zone of the machine.

const kOffsetMs = 8 * 3600 * 1000;
const kDayMs = 24 * 3600 * 1000;

/** 09:00 of the current day in Shanghai. */
function nineToday() {
  const day = Math.floor((Date.now() + kOffsetMs) / kDayMs) * kDayMs;
  return day + 9 * 3600 * 1000 - kOffsetMs;
}

/** Milliseconds since 1970 at which the city's clock starts: `CITY_NOW`, else 09:00 today. */
function startFrom(text) {
  if (!text) return nineToday();
  const withZone = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text);
  const at = Date.parse(withZone ? text : `${text}+08:00`);
  if (Number.isNaN(at)) {
    throw new Error(`CITY_NOW is \`${text}\`; write an ISO time such as 2026-11-23T09:00:00+08:00`);
  }
  return at;
}

/**
 * A clock that starts at `start` (an ISO time; default `CITY_NOW`, else 09:00 today) and then runs
 * at the speed of real time.
 * @param {string} [start]
 */
export function createClock(start = process.env.CITY_NOW) {
  const from = startFrom(start);
  const began = performance.now();
  const nowMs = () => from + (performance.now() - began);
  return {
    /** The time as a Date. */
    now: () => new Date(nowMs()),
    /** Today in Shanghai, `YYYY-MM-DD`. */
    today: () => isoDay(nowMs()),
    /** The time of day in Shanghai, `HH:MM`. */
    time: () => new Date(nowMs() + kOffsetMs).toISOString().slice(11, 16),
    /** The time with Shanghai's offset, `YYYY-MM-DDTHH:MM:SS+08:00`. */
    iso: () => `${new Date(nowMs() + kOffsetMs).toISOString().slice(0, 19)}+08:00`,
  };
}

function isoDay(ms) {
  return new Date(ms + kOffsetMs).toISOString().slice(0, 10);
}

/** `YYYY-MM-DD` plus a number of days. */
export function addDays(day, count) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * kDayMs).toISOString().slice(0, 10);
}

/** 0 = Sunday … 6 = Saturday. */
export function weekday(day) {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
