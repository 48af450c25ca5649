// Waiting that always ends.
import { setTimeout as delay } from 'node:timers/promises';

/// The promise's value, or an error naming `what` after `ms`.
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/// Polls `probe` until it answers something truthy; the last failure is part of the error.
export async function until(ms, what, probe) {
  const end = performance.now() + ms;
  let last = '';
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (e) {
      last = `: ${e.cause?.message ?? e.message}`;
    }
    await delay(20);
  }
  throw new Error(`${what}: not within ${ms} ms${last}`);
}

/// Milliseconds that `work` took, with its value or its error.
export async function timed(work) {
  const start = performance.now();
  try {
    return { value: await work(), ms: performance.now() - start };
  } catch (error) {
    return { error, ms: performance.now() - start };
  }
}
