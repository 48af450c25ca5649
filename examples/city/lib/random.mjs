// Seeded random numbers: one seed gives one city. Streams are named, so that what one part of a
// house draws never shifts what another part draws.

/** 32-bit FNV-1a of a text. */
export function hash32(text) {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(String(text))) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h;
}

/**
 * A stream of numbers that depends only on the seed and the names.
 * @param {number|string} seed
 * @param {...(string|number)} names
 */
export function random(seed, ...names) {
  let state = hash32([seed, ...names].join('/'));
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
  const int = (low, high) => low + Math.floor(next() * (high - low + 1));
  const pick = (list) => list[int(0, list.length - 1)];
  const sample = (list, count) => {
    const left = [...list];
    const out = [];
    while (out.length < count && left.length) out.push(left.splice(int(0, left.length - 1), 1)[0]);
    return out;
  };
  const code = (length) => {
    const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
    return Array.from({ length }, () => pick([...letters])).join('');
  };
  return { next, int, pick, sample, code };
}
