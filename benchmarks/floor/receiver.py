"""Another system that takes webhooks: as little as a server can be. `/slow` never answers; it tells when each one came."""

import asyncio
import sys
import time

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


async def serve_one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, out: "asyncio.Queue[str]"
) -> None:
    """Requests of one connection, until it ends."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            if head.startswith(b"POST /slow"):
                await asyncio.sleep(3600)
            name = head.lower().partition(b"webhook-id: ")[2].partition(b"\r\n")[0].decode()
            if head.startswith(b"POST / "):
                out.put_nowait(f"{time.time()} {name}")
            writer.write(TAKEN)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port: int) -> None:
    """Serve; one line of output for each delivery."""
    out: asyncio.Queue[str] = asyncio.Queue()
    server = await asyncio.start_server(
        lambda reader, writer: serve_one(reader, writer, out), "127.0.0.1", port
    )
    print("ready", flush=True)
    async with server:
        while True:
            lines = [await out.get()]
            while not out.empty():
                lines.append(out.get_nowait())
            print("\n".join(lines), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
