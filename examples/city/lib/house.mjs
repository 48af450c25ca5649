// What every house does at its front door: options, the first line on stdout, leaving on a signal.

import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createClock } from './clock.mjs';

/**
 * Reads `--port` and `--seed`, starts the house and says where it listens.
 * @param {string} name
 * @param {(options: {port: number, seed: string, clock: ReturnType<typeof createClock>}) =>
 *   Promise<{port: number, path?: string, url?: string, close: () => Promise<void>}>} start
 */
export async function runHouse(name, start) {
  const options = readOptions(name);
  const house = await begin(name, start, options);
  const url = house.url ?? `http://127.0.0.1:${house.port}${house.path ?? ''}`;
  console.log(`${name} listening on ${url}`);
  let leaving = false;
  const leave = async () => {
    if (leaving) process.exit(1);
    leaving = true;
    await house.close();
    process.exit(0);
  };
  process.on('SIGINT', leave);
  process.on('SIGTERM', leave);
}

async function begin(name, start, options) {
  try {
    return await start({ ...options, clock: createClock() });
  } catch (error) {
    const taken =
      error.code === 'EADDRINUSE'
        ? `port ${options.port} is in use; --port 0 takes a free one`
        : '';
    console.error(`${name}: ${taken || error.message}`);
    return process.exit(1);
  }
}

function readOptions(name) {
  const usage = `usage: ${name} [--port N] [--seed TEXT]   (port 0, the default, takes a free one)`;
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '0' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new Error(`--port is \`${values.port}\`; it must be a number from 0 to 65535`);
    }
    return { port, seed: values.seed };
  } catch (error) {
    console.error(`${name}: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** Listens on loopback and waits until the server is ready. */
export function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server.address().port));
  });
}

/** Stops a node:http server, open connections included. */
export function shut(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** True when the module at `url` is the program that was started, through whatever link. */
export function isMain(url) {
  return process.argv[1] !== undefined && pathToFileURL(realpathSync(process.argv[1])).href === url;
}
