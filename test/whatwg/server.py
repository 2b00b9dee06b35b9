"""A server on Python's `websockets`, which behaves as servers.ts says. Writes its port; ends with its stdin."""

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)

ended = {}


async def handle(ws):
    messages = []
    with contextlib.suppress(ConnectionClosed):
        async for data in ws:
            messages.append(data if isinstance(data, str) else "binary:" + data.hex())
            with contextlib.suppress(ConnectionClosed):  # what came before the end is heard all the same
                await answer(ws, data)
    await ws.wait_closed()
    ended[ws.request.path] = {"messages": messages, "code": ws.close_code, "reason": ws.close_reason}


async def answer(ws, data):
    command, *rest = data.split(" ", 2) if isinstance(data, str) else [""]
    if command == "!headers":
        headers = {name.lower(): value for name, value in ws.request.headers.raw_items()}
        await ws.send(json.dumps(headers))
    elif command == "!close":
        await (ws.close(int(rest[0]), rest[1]) if rest else close_without_code(ws))
    elif command == "!drop":
        ws.transport.abort()
    elif command == "!ended":
        await ws.send(json.dumps(ended.get(rest[0])))
    else:
        await ws.send(data)


async def close_without_code(ws):
    async with ws.send_context():
        ws.protocol.send_close()


def refuse(ws, request):
    return ws.respond(403, "not here") if request.path == "/refused" else None


def choose_subprotocol(ws, offered):
    return next((name for name in ["v2", "v1"] if name in offered), None)


async def main():
    server = await serve(
        handle,
        "127.0.0.1",
        0,
        max_size=2**23,
        process_request=refuse,
        select_subprotocol=choose_subprotocol,
        subprotocols=["v2", "v1"],
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    await asyncio.Future()


asyncio.run(main())
