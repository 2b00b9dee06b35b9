"""A server on Python's `websockets`: writes its port, and then does what it is told, as peer.py has it, to one client."""

import asyncio
import os
import sys

from peer import obey
from websockets.asyncio.server import serve


async def handle(ws):
    await obey(ws)
    os._exit(0)


async def main(subprotocols):
    server = await serve(handle, "127.0.0.1", 0, subprotocols=subprotocols, max_size=2**22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main(sys.argv[1:]))
