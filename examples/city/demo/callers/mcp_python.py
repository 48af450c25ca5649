"""The official MCP SDK for Python as a caller. Usage: mcp_python.py HUB_URL"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from lines import serve
from mcp import Client


async def main(url):
    async with AsyncExitStack() as stack:
        sessions = []

        async def prepare(_solution):
            if not sessions:
                client = Client(f"{url}/mcp", read_timeout_seconds=30)
                sessions.append(await stack.enter_async_context(client))

        async def call(name, arguments):
            result = await sessions[0].call_tool(name, arguments)
            text = "\n".join(c.text for c in result.content if c.type == "text")
            if result.is_error:
                raise RuntimeError(f"the tool answered an error: {text}")
            data = result.structured_content
            return text if data is None else f"{text}\n{json.dumps(data, ensure_ascii=False)}"

        async def clinic(question):
            return await call("clinic__appointments", {"message": question["text"]})

        async def bank(question):
            return await call("bank__balance", question["parameters"])

        async def table(question):
            return await call("table__search", question["parameters"])

        async def taxi(question):
            return await call("taxi__position", question["parameters"])

        async def chat(question):
            return await call("chat__chat", question["parameters"])

        async def fraud(question):
            return await call("fraud__predict", question["parameters"])

        async def meter(question):
            return await call("meter__predict", question["parameters"])

        solutions = {"clinic": clinic, "bank": bank, "table": table, "taxi": taxi, "chat": chat}
        await serve({**solutions, "fraud": fraud, "meter": meter}, prepare)


asyncio.run(main(sys.argv[1]))
