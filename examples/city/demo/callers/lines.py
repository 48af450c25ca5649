"""Serves a Python caller over lines: one JSON question in, one JSON answer out."""

import asyncio
import json
import sys
import time


async def serve(solutions, prepare):
    """Answers questions from stdin until it ends; `solutions` maps a name to a coroutine."""
    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        try:
            await prepare(asked["solution"])
            began = time.perf_counter()
            text = await solutions[asked["solution"]](asked["question"])
            answer = {"text": text, "ms": (time.perf_counter() - began) * 1000}
        except Exception as error:  # every failure belongs into the cell it happened in
            answer = {"error": describe(error)}
        print(json.dumps(answer), flush=True)


def describe(error):
    """An error with the errors it holds, in one line."""
    inner = "; ".join(describe(e) for e in getattr(error, "exceptions", ()))
    return f"{type(error).__name__}: {error}" + (f" ({inner})" if inner else "")
