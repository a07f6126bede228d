"""What a room has said, read and made ready once for all who come back at the same time."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

from messaging.consumers.send_queue import Frames
from messaging.consumers.shared_answers import SharedAnswers
from shopcomm.core.audiences import Audience

# So many messages are read at a time. Blocks begin at fixed numbers, so that all who come back ask for the same ones.
BLOCK = 100
# So long a block is good for whoever comes next. What a lost frame would have changed in it is seen after that.
KEEP_SECONDS = 2.0
# A slow client is handed no more than this at a time: what waits for it must leave room for what comes live.
PIECE_BYTES = 64 * 1024
# Frames that change what was said before.
CHANGE_MESSAGES = frozenset({"message.recalled", "attachment.changed"})


class ByAudience:
    """Frames of one or more messages, made ready once for each audience that has somebody here."""

    def __init__(self, messages: Sequence[dict[str, Any]]) -> None:
        self.messages = messages
        self._made: dict[Audience, Frames] = {}
        self._cut: dict[Audience, list[Frames]] = {}

    def frames_for(self, audience: Audience) -> Frames:
        """What an audience is shown of the messages; no texts for nothing."""
        frames = self._made.get(audience)
        if frames is None:
            name = audience.name
            texts = [text for each in self.messages if (text := each["texts"].get(name))]
            frames = self._made[audience] = Frames(texts)
        return frames

    def pieces_for(self, audience: Audience) -> list[Frames]:
        """The same in pieces of about PIECE_BYTES."""
        pieces = self._cut.get(audience)
        if pieces is None:
            pieces = self._cut[audience] = list(_pieces(self.frames_for(audience).texts))
        return pieces


def _pieces(texts: Sequence[str]) -> Iterator[Frames]:
    piece: list[str] = []
    size = 0
    for text in texts:
        piece.append(text)
        # As UTF-8 a Chinese character is three bytes.
        size += 3 * len(text)
        if size >= PIECE_BYTES:
            yield Frames(piece)
            piece, size = [], 0
    if piece:
        yield Frames(piece)


async def no_history(_after: int) -> list[dict[str, Any]]:
    """Of a group in which nothing is kept."""
    return []


class RoomHistory:
    """Blocks of a conversation's messages, each read by whoever asks first while the others wait for it."""

    def __init__(self, read: Callable[[int], Awaitable[list[dict[str, Any]]]]) -> None:
        # Reads up to BLOCK messages behind a number, as the shop sees them: without gaps.
        self._read = read
        self._blocks: SharedAnswers[int, ByAudience] = SharedAnswers(KEEP_SECONDS)

    async def block_after(self, after: int, head: int) -> ByAudience:
        """What was said behind `after`, to the end of its block or to `head`, which is known to be there. Raises what the
        database raises."""
        start = after // BLOCK * BLOCK
        block = await self._block(start)
        wanted = min(head, start + BLOCK)
        if not block.messages or block.messages[-1]["seq"] < wanted:
            # Read before the last of it was said.
            self._blocks.forget(start)
            block = await self._block(start)
        if after == start:
            return block
        return ByAudience([each for each in block.messages if each["seq"] > after])

    async def _block(self, start: int) -> ByAudience:
        return await self._blocks.get(start, partial(self._read_block, start))

    async def _read_block(self, start: int) -> ByAudience:
        return ByAudience(await self._read(start))

    def forget(self) -> None:
        """A stored message has changed: drop the cached blocks, so that a new listener gets its current state."""
        self._blocks.forget_all()
