#!/usr/bin/env python3
"""Direct, nginx proxy_pass and weft in one run, on 127.0.0.1: pass-through, translated calls, streams, memory, start.

The proxy under test has one thread on one core; the load and the solution share the other (where there are two).
Prints a table with ratios; --json FILE writes {"machine":…, "rows":[{bench, system, case, c, metric, value, unit}]}.
"""
import argparse
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / "build/release/bin"
CORES = os.cpu_count() or 1
SERVER_CORE, LOAD_CORE = ("0", "1") if CORES >= 2 else ("0", "0")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Processes:
    """What this run started, ended by id however it goes."""

    def __init__(self):
        self.all = []

    def start(self, core, command, **options):
        process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options)
        self.all.append(process)
        return process

    def stop(self, process):
        if process.poll() is None:
            process.stdin.close()
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.all.remove(process)

    def stop_all(self):
        for process in list(self.all):
            self.stop(process)


def wait_for(port, path="/", seconds=10):
    until = time.time() + seconds
    while time.time() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"nothing answers on port {port}")


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def lua_quote(text):
    return "[==[" + text + "]==]"


class Bench:
    def __init__(self, seconds, turns=1):
        self.seconds = seconds
        self.turns = turns
        self.rows = []
        self.processes = Processes()
        self.directory = tempfile.TemporaryDirectory(prefix="weft-bench-")

    def row(self, system, case, c, metric, value, unit):
        self.rows.append({"bench": "gateway", "system": system, "case": case, "c": c, "metric": metric,
                          "value": round(value, 2), "unit": unit})

    def upstream(self, speak, size, *more):
        port = free_port()
        self.processes.start(LOAD_CORE, [BIN / "bench_upstream", "--speak", speak, "--port", port, "--bytes", size, *more])
        wait_for(port, "/.well-known/agent-card.json")
        return port

    def nginx(self, upstream):
        port = free_port()
        folder = Path(self.directory.name) / f"nginx-{port}"
        folder.mkdir()
        text = (ROOT / "bench/nginx.conf").read_text()
        for key, value in (("@PORT@", port), ("@UPSTREAM@", upstream), ("@DIR@", folder)):
            text = text.replace(key, str(value))
        (folder / "nginx.conf").write_text(text)
        process = self.processes.start(SERVER_CORE, ["nginx", "-c", folder / "nginx.conf", "-p", folder])
        wait_for(port)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return port, process, [int(w) for w in workers] or [process.pid]

    def weft(self, solutions):
        """weft with one loop and these {name: (protocol, url)}; (port, process, the ms until it listened)."""
        port = free_port()
        data = Path(self.directory.name) / f"weft-{port}"
        began = time.time()
        process = self.processes.start(SERVER_CORE, [BIN / "weft", "up", "--listen", f"127.0.0.1:{port}", "--data", data,
                                                     "--threads", 1, "--log", "error"])
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                if time.time() - began > 10:
                    raise SystemExit("weft does not listen")
                time.sleep(0.001)
        took = (time.time() - began) * 1000
        for name, (protocol, url) in solutions.items():
            done = subprocess.run([BIN / "weft", "add", url, "--as", name, "--protocol", protocol],
                                  env={**os.environ, "WEFT_HUB": f"unix:{data}/weft.sock"}, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"weft add {url}: {done.stderr}")
        return port, process, took

    def wrk(self, url, c, body, headers):
        """(requests/s, p50 µs, p99 µs, errors) of POSTs with this body."""
        script = Path(self.directory.name) / "post.lua"
        lines = ['wrk.method = "POST"', f"wrk.body = {lua_quote(body)}"]
        lines += [f'wrk.headers["{k}"] = {lua_quote(v)}' for k, v in headers.items()]
        script.write_text("\n".join(lines) + """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("WEFT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
""")
        out = subprocess.run(["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", str(c), "-d", f"{self.seconds}s",
                              "--timeout", "10s", "-s", str(script), url], capture_output=True, text=True)
        found = re.search(r"WEFT (\d+) (\d+) (\d+) (\d+) (\d+)", out.stdout)
        if not found:
            raise SystemExit(f"wrk said: {out.stdout}{out.stderr}")
        requests, duration, p50, p99, errors = map(int, found.groups())
        return requests / (duration / 1e6), p50, p99, errors, requests

    def measure(self, system, case, c, url, body, headers, pids=()):
        before = sum(cpu_seconds(p) for p in pids)
        rate, p50, p99, errors, requests = self.wrk(url, c, body, headers)
        self.row(system, case, c, "throughput", rate, "requests/s")
        self.row(system, case, c, "p50", p50, "us")
        self.row(system, case, c, "p99", p99, "us")
        if errors:
            self.row(system, case, c, "errors", errors, "requests")
        if pids and requests:
            self.row(system, case, c, "cpu", (sum(cpu_seconds(p) for p in pids) - before) / requests * 1e6, "us/request")
        print(f"  {system:<7} {case:<26} c={c:<4} {rate:>9.0f}/s  p50 {p50:>6} us  p99 {p99:>7} us"
              + (f"  ERRORS {errors}" if errors else ""), flush=True)
        return rate, p50

    def compare(self, case, c, direct, nginx, weft):
        """Each is (url, body, headers, pids). Prints the ratios that the bars are about.

        The three take turns, and the best turn of each counts: what else runs on a machine only ever takes away."""
        turns = [[self.measure(system, case, c, *what) for system, what in (("direct", direct), ("nginx", nginx), ("weft", weft))]
                 for _ in range(self.turns)]
        d, n, w = (self.keep_best(system, case, c, [turn[i] for turn in turns])
                   for i, system in enumerate(("direct", "nginx", "weft")))
        self.row("weft", case, c, "throughput over nginx", w[0] / n[0], "ratio")
        self.row("weft", case, c, "added p50", w[1] - d[1], "us")
        print(f"          weft is {w[0] / n[0]:.2f} of nginx; added p50 {w[1] - d[1]} us (nginx {n[1] - d[1]} us)", flush=True)

    def keep_best(self, system, case, c, turns):
        """Of the rows of these turns only those of the best stay."""
        best = max(range(len(turns)), key=lambda i: turns[i][0])
        mine = [r for r in self.rows if (r["system"], r["case"], r["c"]) == (system, case, c)]
        starts = [i for i, r in enumerate(mine) if r["metric"] == "throughput"] + [len(mine)]
        kept = mine[starts[best]:starts[best + 1]]
        self.rows = [r for r in self.rows if not any(r is m for m in mine) or any(r is k for k in kept)]
        return turns[best]


JSON = {"Content-Type": "application/json"}


def chat_body(model, size):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "y" * size}]})


def pass_through(b, sizes, connections):
    print("pass-through OpenAI -> OpenAI")
    for size in sizes:
        up = b.upstream("openai", size)
        nginx_port, nginx, workers = b.nginx(up)
        port, weft, _ = b.weft({"up": ("openai", f"http://127.0.0.1:{up}")})
        for c in connections:
            b.compare(f"openai>openai {size // 1024} KB", c,
                      (f"http://127.0.0.1:{up}/v1/chat/completions", chat_body("bench", size), JSON),
                      (f"http://127.0.0.1:{nginx_port}/v1/chat/completions", chat_body("bench", size), JSON, workers),
                      (f"http://127.0.0.1:{port}/v1/chat/completions", chat_body("up", size), JSON, [weft.pid]))
        b.processes.stop_all()


def mcp_call(tool, size):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": {"text": "y" * size}, "_meta": meta}}
    headers = {**JSON, "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28",
               "Mcp-Method": "tools/call", "Mcp-Name": tool}
    return json.dumps(body), headers


def a2a_call(size):
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage",
            "params": {"message": {"messageId": "m1", "role": "ROLE_USER",
                                   "parts": [{"data": {"skill": "echo", "parameters": {"text": "y" * size}}}]}}}
    return json.dumps(body), {**JSON, "A2A-Version": "1.0"}


def translated(b, sizes, connections):
    print("translated")
    for size in sizes:
        text = json.dumps({"text": "y" * size})
        direct_a2a = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": {
            "messageId": "m", "role": "ROLE_USER", "parts": [{"text": "y" * size}]}}})
        direct_mcp = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                                 "params": {"name": "echo", "arguments": {"text": "y" * size}}})
        cases = {
            "mcp>rest": ("rest", "openapi", "/echo", text, JSON, "/mcp/up", *mcp_call("echo", size)),
            "openai>a2a": ("a2a", "a2a", "/", direct_a2a, JSON, "/v1/chat/completions", chat_body("up", size), JSON),
            "a2a>mcp": ("mcp", "mcp", "/mcp", direct_mcp, JSON, "/a2a/up", *a2a_call(size)),
        }
        for name, (speak, protocol, path, body, headers, weft_path, weft_body, weft_headers) in cases.items():
            up = b.upstream(speak, size)
            nginx_port, nginx, workers = b.nginx(up)
            port, weft, _ = b.weft({"up": (protocol, f"http://127.0.0.1:{up}" + ("/mcp" if speak == "mcp" else ""))})
            for c in connections:
                b.compare(f"{name} {size // 1024} KB", c, (f"http://127.0.0.1:{up}{path}", body, headers),
                          (f"http://127.0.0.1:{nginx_port}{path}", body, headers, workers),
                          (f"http://127.0.0.1:{port}{weft_path}", weft_body, weft_headers, [weft.pid]))
            b.processes.stop_all()


def sse(b, streams):
    print(f"event streams, {streams} at once")
    up = b.upstream("openai", 1024, "--chunks", 100, "--every-ms", 20)
    nginx_port, _, _ = b.nginx(up)
    port, weft, _ = b.weft({"up": ("openai", f"http://127.0.0.1:{up}")})
    runs = {"direct": (f"http://127.0.0.1:{up}/v1/chat/completions", "bench"),
            "nginx": (f"http://127.0.0.1:{nginx_port}/v1/stream/chat/completions", "bench"),
            "weft": (f"http://127.0.0.1:{port}/v1/chat/completions", "up")}
    for count in (1, streams):
        seen = {}
        for system, (url, model) in runs.items():
            client = b.processes.start(LOAD_CORE, [BIN / "bench_sse_client", "--url", url, "--model", model, "--streams", count])
            memory = []
            while client.poll() is None:
                memory.append(rss_mib(weft.pid))
                time.sleep(0.1)
            said = json.loads(client.stdout.read())
            b.processes.stop(client)
            seen[system] = said["p50_us"]
            b.row(system, "sse delay of a piece", count, "p50", said["p50_us"], "us")
            b.row(system, "sse delay of a piece", count, "p99", said["p99_us"], "us")
            if said["failed"]:
                b.row(system, "sse delay of a piece", count, "failed", said["failed"], "streams")
            print(f"  {system:<7} {count} streams  p50 {said['p50_us']:.0f} us  p99 {said['p99_us']:.0f} us  failed {said['failed']}")
            if system == "weft" and len(memory) > 8:
                half = len(memory) // 2
                grown = max(memory[half:]) - max(memory[len(memory) // 4:half])
                b.row("weft", "sse memory", count, "growth in the second half", grown, "MiB")
                b.row("weft", "sse memory", count, "resident", max(memory), "MiB")
                print(f"          resident at most {max(memory):.1f} MiB, second half grew {grown:.2f} MiB")
        b.row("weft", "sse delay of a piece", count, "added p50", seen["weft"] - seen["direct"], "us")
        print(f"          weft adds {seen['weft'] - seen['direct']:.0f} us (nginx {seen['nginx'] - seen['direct']:.0f} us)")
    b.processes.stop_all()
    first_tokens(b)


def first_tokens(b, rounds=500):
    """From the request to the first piece of its stream, one stream after the other."""
    up = b.upstream("openai", 1024, "--chunks", 2, "--every-ms", 1)
    nginx_port, _, _ = b.nginx(up)
    port, _, _ = b.weft({"up": ("openai", f"http://127.0.0.1:{up}")})
    first = {}
    for system, url, model in (("direct", f"http://127.0.0.1:{up}/v1/chat/completions", "bench"),
                               ("nginx", f"http://127.0.0.1:{nginx_port}/v1/stream/chat/completions", "bench"),
                               ("weft", f"http://127.0.0.1:{port}/v1/chat/completions", "up")):
        client = b.processes.start(LOAD_CORE, [BIN / "bench_sse_client", "--url", url, "--model", model, "--streams", 1,
                                               "--rounds", rounds])
        said = json.loads(client.stdout.read())
        b.processes.stop(client)
        first[system] = said["first_p50_us"]
        b.row(system, "sse first token", 1, "p50", first[system], "us")
    b.row("weft", "sse first token", 1, "added p50", first["weft"] - first["direct"], "us")
    print(f"  first token: direct {first['direct']:.0f} us, weft adds {first['weft'] - first['direct']:.0f} us "
          f"(nginx {first['nginx'] - first['direct']:.0f} us)")
    b.processes.stop_all()


def memory_and_start(b, calls):
    print("memory and start")
    up = b.upstream("openai", 1024)
    port, weft, took = b.weft({"up": ("openai", f"http://127.0.0.1:{up}")})
    b.row("weft", "start", 0, "listening after", took, "ms")
    time.sleep(0.5)
    idle = rss_mib(weft.pid)
    b.row("weft", "memory", 0, "idle", idle, "MiB")
    print(f"  listening after {took:.0f} ms, idle {idle:.1f} MiB")
    seconds, b.seconds = b.seconds, 5
    done = 0
    marks = []
    while done < 3 * calls:
        *_, requests = b.wrk(f"http://127.0.0.1:{port}/v1/chat/completions", 32, chat_body("up", 1024), JSON)
        done += requests
        marks.append((done, rss_mib(weft.pid)))
    b.seconds = seconds
    after = next(m for d, m in marks if d >= calls)
    b.row("weft", "memory", 32, f"after {calls} calls", after, "MiB")
    b.row("weft", "memory", 32, "growth after that", marks[-1][1] - after, "MiB")
    print(f"  after {calls} calls {after:.1f} MiB, after {marks[-1][0]} {marks[-1][1]:.1f} MiB")
    b.processes.stop_all()


def table(rows):
    """The rows as the table of bench/README.md: one line a case and number of connections."""
    value = {(r["system"], r["case"], r["c"], r["metric"]): r["value"] for r in rows}
    lines = ["| case | c | direct /s | nginx /s | weft /s | weft over nginx | added p50, nginx | added p50, weft | weft's core per call |",
             "|---|---|---|---|---|---|---|---|---|"]
    for _, case, c, _ in [k for k in value if k[0] == "direct" and k[3] == "throughput"]:
        of = lambda system, metric: value.get((system, case, c, metric), 0)
        added = [of(system, "p50") - of("direct", "p50") for system in ("nginx", "weft")]
        lines.append(f"| {case} | {c} | {of('direct', 'throughput'):.0f} | {of('nginx', 'throughput'):.0f} | {of('weft', 'throughput'):.0f} "
                     f"| {of('weft', 'throughput over nginx'):.2f} | {added[0]:.0f} us | {added[1]:.0f} us | {of('weft', 'cpu'):.0f} us |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--table", help="write the table of bench/README.md to this file")
    parser.add_argument("--seconds", type=int, default=2, help="for each measurement")
    parser.add_argument("--turns", type=int, default=3, help="that direct, nginx and weft take; the best of each counts")
    parser.add_argument("--quick", action="store_true", help="1 KB, c=32, 2 s")
    parser.add_argument("--only", choices=["pass", "translated", "sse", "memory"])
    options = parser.parse_args()
    sizes, connections = ([1024], [32]) if options.quick else ([1024, 16384], [1, 32, 256])
    b = Bench(2 if options.quick else options.seconds, 1 if options.quick else options.turns)
    try:
        if options.only in (None, "memory"):
            memory_and_start(b, 100_000)
        if options.only in (None, "pass"):
            pass_through(b, sizes, connections)
        if options.only in (None, "translated"):
            translated(b, sizes, connections)
        if options.only in (None, "sse"):
            sse(b, 64 if options.quick else 512)
    finally:
        b.processes.stop_all()
        b.directory.cleanup()
    if options.json:
        machine = {"cores": CORES, "cpu": platform.processor() or platform.machine(), "kernel": platform.release()}
        Path(options.json).write_text(json.dumps({"machine": machine, "rows": b.rows}, indent=1) + "\n")
    if options.table:
        Path(options.table).write_text(table(b.rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
