"""A client on Python's `websockets`, which does what it is told, as peer.py has it."""

import asyncio
import sys

import websockets
from peer import obey


async def main(url, subprotocols):
    await obey(await websockets.connect(url, subprotocols=subprotocols))


asyncio.run(main(sys.argv[1], sys.argv[2:]))
