from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.services.sources import WantedSource, create_polled_source
from shopcomm.edge.integrations.polling.source_settings import SourceSettings
from shopcomm.edge.integrations.services.connections import set_state
from tests.factories import VariantFactory
from tests.integrations.polling.order_system import OrderSystem
from tests.integrations.polling.reading import BY_NUMBER, plain_settings

Make = Callable[..., Connection]


@pytest.fixture
def system(settings: Any) -> Iterator[OrderSystem]:
    """Another order system that the operator lets be read."""
    system = OrderSystem()
    settings.WEBHOOK_ALLOWED_HOSTS = [system.host]
    yield system
    system.close()


@pytest.fixture
def sku(db: None) -> str:
    return VariantFactory(on_hand=10_000).sku


@pytest.fixture
def make_source(system: OrderSystem, db: None) -> Make:
    """A source that is read, from this system."""

    def make(
        name: str = "erp", *, secret: str = "", statuses: str = "", since: Any = None, **more: Any
    ) -> Connection:
        wanted: SourceSettings = replace(plain_settings(system.url), **(BY_NUMBER | more))
        source = create_polled_source(
            wanted=WantedSource(name=name, settings=wanted, secret=secret, statuses=statuses, since=since)
        )
        return set_state(connection_id=source.pk, active=True)

    return make
