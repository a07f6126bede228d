"""A list of changes that is read on from a cursor, and by pages of two: what was told last stands last in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.test import override_settings

from shopcomm.edge.integrations.polling.services.polling import replay_source
from shopcomm.edge.integrations.polling.services.sources import WantedSource, create_polled_source
from shopcomm.edge.integrations.polling.source_settings import SourceSettings
from shopcomm.edge.integrations.services.connections import set_state
from tests.integrations.conformance.driver import Driver
from tests.integrations.polling.order_system import OrderSystem
from tests.integrations.polling.reading import FEED, FIELDS, read_now


def open_driver() -> Driver:
    return PollingDriver()


class PollingDriver(Driver):
    def __init__(self) -> None:
        self._system = OrderSystem()
        self._system.answer = self._system.by_cursor
        self._allowed = override_settings(WEBHOOK_ALLOWED_HOSTS=[self._system.host])
        self._allowed.enable()
        settings = SourceSettings(url=self._system.url, rows="data.orders", fields=FIELDS, **FEED)
        source = create_polled_source(wanted=WantedSource(name="conformance", settings=settings))
        self.connection = set_state(connection_id=source.pk, active=True)

    def tell(self, *records: Mapping[str, Any]) -> None:
        self._system.rows = [*self._system.rows, *map(dict, records)]

    def work(self) -> None:
        read_now(self.connection)

    def replay(self, since: datetime) -> None:
        replay_source(connection_id=self.connection.pk, since=since)

    def close(self) -> None:
        self._allowed.disable()
        self._system.close()
