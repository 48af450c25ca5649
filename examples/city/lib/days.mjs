// Days as people say them, read against the city's clock.

import { addDays, weekday } from './clock.mjs';

const kWeekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const kChinese = { 日: 0, 天: 0, 一: 1, 二: 2, 三: 3, 四: 4, 五: 5, 六: 6 };

/**
 * @typedef {{days: string[], from: string, to: string, label: string}} When
 * `days` are the dates meant (two for a weekend), `from` and `to` the hours of the day (HH:MM).
 */

/**
 * The day or days a text speaks of.
 * @param {string} text
 * @param {string} today `YYYY-MM-DD`
 * @returns {When|undefined} nothing when the text names no day
 */
export function findDay(text, today) {
  const low = String(text).toLowerCase();
  const days = namedDays(low, today) ?? (partOfDay(low).now ? [today] : undefined);
  if (!days) return undefined;
  const { from, to } = partOfDay(low);
  return { days, from, to, label: days.length > 1 ? `${days[0]} and ${days[1]}` : days[0] };
}

function namedDays(low, today) {
  const iso = low.match(/(\d{4})-(\d\d)-(\d\d)/);
  if (iso && realDay(iso[0])) return [iso[0]];
  if (/day after tomorrow|后天/.test(low)) return [addDays(today, 2)];
  if (/\btomorrow\b|明天|明日/.test(low)) return [addDays(today, 1)];
  if (/\b(today|tonight|now)\b|今天|今晚/.test(low)) return [today];
  if (/\bweekend\b|周末/.test(low)) return weekend(today);
  const inDays = low.match(/\bin (\d{1,2}) days?\b/);
  if (inDays) return [addDays(today, Number(inDays[1]))];
  const name = kWeekdays.findIndex((d) => new RegExp(`\\b${d}\\b`).test(low));
  if (name >= 0) return [nextWeekday(today, name)];
  const chinese = low.match(/(?:周|星期|礼拜)([一二三四五六日天])/);
  if (chinese) return [nextWeekday(today, kChinese[chinese[1]])];
  return undefined;
}

function partOfDay(low) {
  if (/\bmorning\b|上午|早上/.test(low))
    return { from: '00:00', to: '12:00', now: /this/.test(low) };
  if (/\bafternoon\b|下午/.test(low)) return { from: '12:00', to: '18:00', now: /this/.test(low) };
  if (/\b(evening|tonight|night)\b|晚/.test(low)) {
    return { from: '17:00', to: '24:00', now: /this|tonight/.test(low) };
  }
  return { from: '00:00', to: '24:00', now: false };
}

function nextWeekday(today, target) {
  return addDays(today, (target - weekday(today) + 7) % 7);
}

function weekend(today) {
  if (weekday(today) === 0) return [today];
  const saturday = nextWeekday(today, 6);
  return [saturday, addDays(saturday, 1)];
}

function realDay(iso) {
  const at = Date.parse(`${iso}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(iso);
}
