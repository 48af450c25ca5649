// A deterministic embedding without a model: hashed words and their letter triples, so that texts
// sharing words or word parts lie near each other.

import { hash32 } from '../lib/random.mjs';

export const kDimensions = 256;

/** The unit vector of a text, or of token numbers. @returns {Float32Array} */
export function embed(input, dimensions = kDimensions) {
  const vector = new Float32Array(dimensions);
  for (const [feature, weight] of features(input)) {
    const hash = hash32(feature);
    vector[hash % dimensions] += hash & 0x40000000 ? weight : -weight;
  }
  const norm = Math.hypot(...vector);
  return norm ? vector.map((x) => x / norm) : vector;
}

function features(input) {
  if (Array.isArray(input)) return input.map((token) => [`t${token}`, 1]);
  const words = input.toLowerCase().match(/\p{Script=Han}|[\p{L}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => {
    const framed = `^${word}$`;
    const triples = Array.from({ length: Math.max(0, framed.length - 2) }, (_, i) => [
      `3${framed.slice(i, i + 3)}`,
      0.3,
    ]);
    return [[`w${word}`, 1], ...triples];
  });
}

/** Little-endian float32 in base64, as `encoding_format: "base64"` asks. */
export function toBase64(vector) {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}
