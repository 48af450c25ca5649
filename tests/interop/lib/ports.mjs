// Ports of the loopback address that nobody uses.
import { createServer } from 'node:net';

export const kHost = '127.0.0.1';

/// A port that was free a moment ago.
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, kHost, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
