"""The bare floor: picows, which writes frames itself, psycopg and Redis; no ASGI, no Django. Started with a port."""

import json
import sys

import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from benchmarks.floor.messages import Floor


class BareSocket(WSListener):
    """One client; what it is sent goes out at once."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.joined: set[int | None] = set()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self.joined.add(self.floor.answer(self, json.loads(frame.get_payload_as_bytes())))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        for room in self.joined - {None}:
            self.floor.rooms[room].discard(self)

    def put(self, text: str) -> None:
        self.transport.send(WSMsgType.TEXT, text.encode())


async def serve(port: int) -> None:
    floor = Floor()
    await floor.ready()

    def who_comes(request: WSUpgradeRequest) -> BareSocket | WSUpgradeResponseWithListener:
        if request.path == b"/healthz":
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(b"ok"), None)
        return BareSocket(floor)

    server = await ws_create_server(who_comes, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
