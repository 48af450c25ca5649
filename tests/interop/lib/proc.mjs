// Child processes: started with their output kept, stopped by their own process id.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { within } from './deadline.mjs';

const kOutputCharsMax = 256 * 1024;
const kStopMs = 3000;
const living = new Set();

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/// A running program: `pid`, `out()`, `err()`, `exited` (its exit code), `stop()`, `kill(signal)`.
export function start(command, args, { env = {}, cwd, stdin = 'ignore' } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  });
  living.add(child);
  const text = { out: '', err: '' };
  const keep = (name) => (chunk) => {
    text[name] = (text[name] + chunk).slice(-kOutputCharsMax);
  };
  child.stdout.setEncoding('utf8').on('data', keep('out'));
  child.stderr.setEncoding('utf8').on('data', keep('err'));
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  }).finally(() => living.delete(child));
  exited.catch(() => {});
  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    child,
    pid: child.pid,
    out: () => text.out,
    err: () => text.err,
    exited,
    running,
    kill: (signal) => running() && child.kill(signal),
    stop: async () => {
      if (!running()) return exited;
      child.kill('SIGTERM');
      return within(kStopMs, `${command} after SIGTERM`, exited).catch(() => {
        child.kill('SIGKILL');
        return exited;
      });
    },
  };
}

/// Runs a program to its end: {code, out, err}.
export async function run(command, args, { ms = 20_000, ...options } = {}) {
  const program = start(command, args, options);
  try {
    const code = await within(ms, `${command} ${args.join(' ')}`, program.exited);
    return { code, out: program.out(), err: program.err() };
  } catch (e) {
    await program.stop();
    throw e;
  }
}

/// The first line the program writes that matches; fails when it ends before.
export async function firstLine(program, pattern, ms = 10_000) {
  const seen = new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(program.out());
      if (match) resolve(match[0]);
    };
    program.child.stdout.on('data', look);
    program.exited.then(
      (code) => reject(new Error(`ended with ${code}: ${program.err()}`)),
      reject,
    );
    look();
  });
  return within(ms, `a line like ${pattern}`, seen);
}

/// Milliseconds of processor time that a process has used, its kernel part included.
export function processorMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}


/// Resident memory of a process, in bytes.
export function residentBytes(pid) {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line[1]) * 1024;
}
