"""Telling how far a piece of work is: to its row, and by the socket to the pages of whoever asked for it."""

import time
from typing import Any

from django.db.models import Model

from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.realtime import encode_frame, push_frames, staff_group

# Seconds between two words of how far it is.
PAUSE = 1.0


class Teller:
    """Tells of one run at most once in PAUSE; what it became is told at once."""

    def __init__(self, run: Model, kind: str, staff_id: int) -> None:
        self._run, self._kind, self._staff_id = run, kind, staff_id
        self._told_at = time.monotonic()

    def tell_progress(self, **numbers: int) -> None:
        """How far it is, in columns of the row."""
        now = time.monotonic()
        if now - self._told_at >= PAUSE:
            self._told_at = now
            type(self._run)._base_manager.filter(pk=self._run.pk).update(**numbers)
            self._push(numbers)

    def tell_state(self, state: str) -> None:
        """What it has become; pages fetch what there is to see."""
        self._push({"state": state})

    def _push(self, said: dict[str, Any]) -> None:
        body = {"type": "file.progress", "file": f"{self._kind}-{self._run.pk}"} | said
        push_frames(encode_frame(staff_group(self._staff_id), for_all_audiences(body)))
