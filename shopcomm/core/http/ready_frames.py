"""uvicorn's WebSocket protocol for many short texts: frames are handed over ready for the wire, and plain ones are read at once.

A text that goes to many sockets is the same bytes for each of them: nothing is compressed, and a server masks nothing
(RFC 6455, 5.1). uvicorn would build each socket's frame anew. Here an application finds the protocol in its scope, as
extension EXTENSION, and writes frames that `text_frame()` has made once. Under another server the extension is missing, and
the application sends texts as ever.

What comes in is cut into frames here. A whole text in one frame, as browsers send it, goes straight to the application;
everything else (fragments, pings, closing, what breaks the rules) is left to the library, one whole frame at a time. A text
that the application takes at once (`take_at_once`) waits in no queue for the application's task to be woken.
"""

import struct
import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import apply_mask
from websockets.http11 import Request
from websockets.protocol import State

EXTENSION = "shopcomm.ready_frames"
# First byte: final, of type text. Second: masked, as clients have to; the rest of it is the length, or says where it is.
FINAL_TEXT = 0x81
MASKED = 0x80
TWO_BYTES, EIGHT_BYTES = 126, 127
MASK_BYTES = 4
END_OF_REQUEST = b"\r\n\r\n"
# A larger frame, and all that comes after it, is left to the library: it holds what has not come whole without copying.
LARGEST_READ = 64 * 1024
# As much is handed to the network at once; then it says whether it takes more.
MOST_UNSENT = 16 * 1024
# With so much waiting for the application nothing more is read from the network.
MOST_UNREAD = 64 * 1024


def text_frame(text: str) -> bytes:
    """A text as a server's WebSocket frame (RFC 6455, 5.2), with a mark in place of half of a character."""
    data = text.encode("utf-8", "replace")
    length = len(data)
    if length < TWO_BYTES:
        return bytes((FINAL_TEXT, length)) + data
    if length < 1 << 16:
        return struct.pack("!BBH", FINAL_TEXT, TWO_BYTES, length) + data
    return struct.pack("!BBQ", FINAL_TEXT, EIGHT_BYTES, length) + data


class ReadyFramesProtocol(WebSocketsSansIOProtocol):
    """For uvicorn's `--ws`."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Bytes of a frame that has not come whole.
        self._begun = b""
        # Whether the library has read ahead of us, or has found what breaks the rules: then it reads all.
        self._left_to_library = False
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        # How many bytes of text wait for the application, and whether it waits for the next.
        self._unread = 0
        self._is_awaited = False
        self._take: Callable[[str], bool] | None = None

    # --- out ---------------------------------------------------------------------------------------
    def write_frames(self, frames: bytes) -> Awaitable[None] | None:
        """Hand over one frame or several. None once they are on their way; else something to await, which writes them.

        Raises ClientDisconnected when nothing goes out any more.
        """
        if not self.writable.is_set():
            return self._write_later(frames)
        self._write(frames)
        return None

    # Nothing is begun until somebody awaits it: a socket may be given up before.
    @types.coroutine
    def _write_later(self, frames: bytes) -> Generator[Any, Any, None]:
        yield from self.writable.wait().__await__()
        self._write(frames)

    def _write(self, frames: bytes) -> None:
        """What is written in one turn of the loop goes to the network together."""
        if self.disconnected or self.close_sent or not self.handshake_complete:
            raise ClientDisconnected
        if not self._unsent:
            self.loop.call_soon(self._flush)
        self._unsent.append(frames)
        self._unsent_bytes += len(frames)
        if self._unsent_bytes > MOST_UNSENT:
            self._flush()

    def _flush(self) -> None:
        unsent, self._unsent, self._unsent_bytes = self._unsent, [], 0
        if unsent and not self.transport.is_closing():
            self.transport.write(unsent[0] if len(unsent) == 1 else b"".join(unsent))

    async def send(self, message: Any) -> None:
        """What goes out otherwise, a closing frame for instance, goes out behind what was handed over."""
        self._flush()
        await super().send(message)

    def shutdown(self) -> None:
        self._flush()
        super().shutdown()

    # --- in ----------------------------------------------------------------------------------------
    def take_at_once(self, take: Callable[[str], bool]) -> None:
        """Show each text to `take` first, unless one before it is still to be read. False: it comes as any other."""
        self._take = take

    def handle_connect(self, event: Request) -> None:
        """Offer the application to take ready frames; not where the client is sent compressed ones."""
        super().handle_connect(event)
        # A handshake that was refused has no scope.
        if not self.handshake_complete and not self.conn.extensions:
            extensions: dict[str, Any] = self.scope["extensions"]  # type: ignore[assignment]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Read what came, frame by frame."""
        if self._left_to_library or not self.handshake_complete:
            if self.handshake_initiated or data.find(END_OF_REQUEST) != len(data) - len(END_OF_REQUEST):
                # Frames before our answer to the handshake: the library is ahead of us.
                self._left_to_library = True
            super().data_received(data)
            return
        data = self._begun + data if self._begun else data
        at, end = 0, len(data)
        # Whoever has been shown out, or has said goodbye, is not listened to any more.
        while at < end and not self._left_to_library and not self.transport.is_closing():
            body, after = _extent(data, at)
            if after is None:
                self._left_to_library = True
            elif after > end or body is None:
                break
            else:
                self._read_frame(data, at, body, after)
                at = after
        self._begun = data[at:]
        if self._left_to_library and self._begun and not self.transport.is_closing():
            begun, self._begun = self._begun, b""
            super().data_received(begun)

    def _read_frame(self, data: bytes, at: int, body: int, after: int) -> None:
        """One whole frame, from `at`; its masked body is from `body` to `after`."""
        is_whole = data[at] == FINAL_TEXT and self.conn.current_size is None
        if is_whole and self.conn.state is State.OPEN:
            try:
                text = apply_mask(data[body:after], data[body - MASK_BYTES : body]).decode()
            except UnicodeDecodeError:
                # The library closes with 1007.
                pass
            else:
                self._receive_text(text)
                return
        super().data_received(data[at:after])

    def _receive_text(self, text: str) -> None:
        if self._take and self._is_awaited and self.queue.empty() and self._take(text):
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        self._unread += len(text)
        if self._unread >= MOST_UNREAD and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    async def receive(self) -> Any:
        """What comes next; what is too much to hold is read from the network once the application has taken the rest."""
        self._is_awaited = True
        message = await super().receive()
        self._is_awaited = False
        if self.queue.empty():
            self._unread = 0
        return message


def _extent(data: bytes, at: int) -> tuple[int | None, int | None]:
    """Where the body of the frame at `at` begins, and where the frame ends.

    (None, `len(data) + 1`) while its header has not come whole; (None, None) for one that is not masked, or too large.
    """
    end = len(data)
    if end - at < 2:
        return None, end + 1
    if not data[at + 1] & MASKED:
        return None, None
    length, body = data[at + 1] & ~MASKED, at + 2
    if length >= TWO_BYTES:
        size, form = (2, "!H") if length == TWO_BYTES else (8, "!Q")
        if end < body + size:
            return None, end + 1
        (length,) = struct.unpack_from(form, data, body)
        body += size
    if length > LARGEST_READ:
        return None, None
    return body + MASK_BYTES, body + MASK_BYTES + length
