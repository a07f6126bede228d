"""A worker stays although the library breaks in tidying up after a lost line to the broker."""

import pytest

from shopcomm.celery import app
from shopcomm.core.worker_consumer import PatientConsumer


class Lost:
    """A connection whose client is gone, as kombu leaves it when the broker is killed twice."""

    connection_errors = channel_errors = (OSError,)
    default_channel = None

    def collect(self, **_given: object) -> None:
        raise OSError

    def close(self) -> None:
        raise AttributeError("'NoneType' object has no attribute 'hostname'")


@pytest.fixture
def consumer() -> PatientConsumer:
    found = PatientConsumer.__new__(PatientConsumer)
    found.app, found.connection = app, Lost()
    return found


def test_a_lost_line_that_cannot_be_closed_is_let_go(consumer: PatientConsumer) -> None:
    consumer.on_connection_error_after_connected(ConnectionError("refused"))
    assert consumer.connection is None


def test_workers_have_the_patient_consumer() -> None:
    assert app.conf.worker_consumer == "shopcomm.core.worker_consumer:PatientConsumer"
