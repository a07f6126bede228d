"""The part of a worker that holds the line to the broker."""

import logging

from celery.worker.consumer import Consumer

log = logging.getLogger(__name__)


class PatientConsumer(Consumer):  # type: ignore[misc]
    """Celery's, which what breaks in tidying up after a lost line does not end.

    kombu puts back what was not acknowledged when it closes a connection, and raises AttributeError where the connection has no
    client any more: a broker that is killed twice in a second ended the whole worker.
    """

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Let go of the line; another one is made next."""
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError:
            log.warning("the lost line to the broker could not be closed", exc_info=True)
            self.connection = None
