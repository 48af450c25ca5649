// A healthy solution and its caller on a thread of their own: how long a call takes beside another
// says something of the hub then, and nothing of the test, which babbles and reads on its thread.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { startMcpV1 } from '../upstreams/mcp_v1.mjs';
import { kCallers } from './callers.mjs';
import { timed } from './deadline.mjs';

const kEcho = { kind: 'tool', skill: 'echo', args: { text: 'still here' } };

/// Starts the solution; to be joined by its `url`. Its caller closes it.
export async function startBeside() {
  const worker = new Worker(new URL(import.meta.url));
  const answer = () =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  const { url } = await answer();
  let turn = Promise.resolve();
  return {
    url,
    /// Lets it be called as `solution` through the hub: {text, ms}, or {error, ms}.
    call(hub, solution) {
      turn = turn.then(() => {
        worker.postMessage({ hubUrl: hub.url, solution });
        return answer();
      });
      return turn;
    },
    close: () => worker.terminate(),
  };
}

async function serve() {
  const shop = await startMcpV1();
  parentPort.on('message', async ({ hubUrl, solution }) => {
    const call = () => kCallers.rest({ url: hubUrl }, { ...kEcho, solution });
    const { value, error, ms } = await timed(call);
    parentPort.postMessage({ text: value?.text, error: error?.message, ms });
  });
  parentPort.postMessage({ url: shop.url });
}

if (!isMainThread) await serve();
