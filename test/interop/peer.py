"""One end of a connection on Python's `websockets`, as it is told on stdin, one JSON object a line; answers on stdout."""

import asyncio
import base64
import json
import socket
import struct
import sys


def decoded(data):
    return data["text"] if "text" in data else base64.b64decode(data["base64"])


def encoded(message):
    if isinstance(message, str):
        return {"text": message}
    return {"base64": base64.b64encode(message).decode()}


async def fragments(ws, parts, pings):
    for part in parts:
        yield decoded(part)
        if pings:
            await ws.ping()


async def do(ws, command):
    name = command["name"]
    if name == "extensions":
        extensions = getattr(ws, "protocol", ws).extensions  # before version 14 of websockets, ws itself
        return ", ".join(extension.name for extension in extensions)
    if name == "subprotocol":
        return ws.subprotocol
    if name == "send":
        return await ws.send(decoded(command["data"]))
    if name == "sendFragments":
        return await ws.send(fragments(ws, command["parts"], command["pings"]))
    if name == "receive":
        return encoded(await ws.recv())
    if name == "ping":
        await (await ws.ping(command["payload"]))
        return None
    if name == "close":
        return await ws.close(command["code"], command["reason"])
    if name == "closed":
        await ws.wait_closed()
        return {"code": ws.close_code, "reason": ws.close_reason}
    if name == "terminate":
        return ws.transport.abort()
    if name == "reset":
        linger = struct.pack("ii", 1, 0)  # on, for no time: closing sends a RST
        ws.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return ws.transport.abort()
    raise ValueError(name)


async def obey(ws):
    loop = asyncio.get_running_loop()
    print(json.dumps("connected"), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        result = await do(ws, json.loads(line))
        print(json.dumps(result), flush=True)
