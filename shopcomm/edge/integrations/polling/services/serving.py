"""The sources that a worker's process is reading: each in a thread of its own, so that one which hangs holds up no task."""

import logging
from threading import Lock, Thread

from django.db import OperationalError, connection
from django.utils import timezone

from shopcomm.core.logs import log_scope
from shopcomm.edge.integrations.polling.services.polling import due_source_ids, poll_source

log = logging.getLogger(__name__)
# So many sources are read at once in one process; each has a connection to the database.
AT_ONCE = 4


class SourceReaders:
    """Who reads what in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reading: set[int] = set()

    def read_due(self) -> list[Thread]:
        """Begin to read every source that is due and not being read here. Returns the threads, at once."""
        begun = []
        for connection_id in due_source_ids(timezone.now()):
            if self._take(connection_id):
                thread = Thread(target=self._read, args=(connection_id,), name="source", daemon=True)
                thread.start()
                begun.append(thread)
        return begun

    def _take(self, connection_id: int) -> bool:
        with self._lock:
            if connection_id in self._reading or len(self._reading) >= AT_ONCE:
                return False
            self._reading.add(connection_id)
            return True

    def _read(self, connection_id: int) -> None:
        try:
            with log_scope():
                poll_source(connection_id)
        except OperationalError:
            log.warning("source %s is left to the next run: the database is away", connection_id)
        except Exception:
            # A thread has nobody to tell; the next run begins again.
            log.exception("reading source %s stopped", connection_id)
        finally:
            connection.close()
            with self._lock:
                self._reading.discard(connection_id)


_of_process = SourceReaders()


def read_due_sources() -> list[Thread]:
    """Read every source that is due, in the background of this process."""
    return _of_process.read_due()
