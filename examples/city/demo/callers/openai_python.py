"""The official OpenAI SDK for Python as a caller. Usage: openai_python.py HUB_URL"""

import asyncio
import json
import sys

from lines import serve
from openai import AsyncOpenAI

client = AsyncOpenAI(base_url=f"{sys.argv[1]}/v1", api_key="none", max_retries=0, timeout=30)


async def complete(model, content):
    """Asks one model one thing and gives its words."""
    answer = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": content}]
    )
    return answer.choices[0].message.content


async def clinic(question):
    return await complete("agent/clinic", question["text"])


async def bank(question):
    return await complete("tool/bank/balance", json.dumps(question["parameters"]))


async def table(question):
    return await complete("tool/table/search", json.dumps(question["parameters"]))


async def taxi(question):
    return await complete("tool/taxi/position", json.dumps(question["parameters"]))


async def chat(question):
    """Streamed, so that both ways of answering are seen."""
    stream = await client.chat.completions.create(
        model="model/chat", messages=[{"role": "user", "content": question["text"]}], stream=True
    )
    words = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    return "".join(words)


async def fraud(question):
    return await complete("predict/fraud", json.dumps(question["parameters"]))


async def meter(question):
    return await complete("predict/meter", json.dumps(question["parameters"]))


async def prepare(_solution):
    await client.models.list()


solutions = {"clinic": clinic, "bank": bank, "table": table, "taxi": taxi, "chat": chat}
asyncio.run(serve({**solutions, "fraud": fraud, "meter": meter}, prepare))
