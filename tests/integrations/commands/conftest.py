from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from orders.models import ChangeRequest, Order
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection, InboundRecord
from tests.api.conftest import post, with_scopes  # noqa: F401  (calls of the API)
from tests.factories import VariantFactory
from tests.integrations.commands.asking import NEW_STREET, answer_to, kept_elsewhere, said_by
from tests.integrations.webhooks_out.conftest import (  # noqa: F401  (another system that takes webhooks)
    boss,
    make_endpoint,
    new_receiver,
    receiver,
)
from tests.outside_orders import outside_order

Tell = Callable[..., InboundRecord]


@pytest.fixture
def sku(db: None) -> str:
    return VariantFactory(on_hand=1000).sku


@pytest.fixture
def source(db: None) -> Connection:
    """Another system that keeps its orders."""
    return kept_elsewhere()


@pytest.fixture
def tell(source: Connection) -> Tell:
    """The other system says something, and it is applied."""

    return partial(said_by, source)


@pytest.fixture
def kept(tell: Tell, sku: str) -> Order:
    """A paid order of the other system."""
    record = tell(outside_order(sku, "paid"))
    assert record.order is not None, record.detail
    return Order.objects.get(pk=record.order_id)


@pytest.fixture
def asked(kept: Order) -> ChangeRequest:
    """Its customer asks for another street."""
    return request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="address", data={"street": NEW_STREET}
    )


@pytest.fixture
def answer(tell: Tell, asked: ChangeRequest) -> Tell:
    """The other system answers what its customer asked for."""

    def told(*, accepted: bool, reason: str = "", **more: Any) -> InboundRecord:
        return tell(answer_to(asked, accepted=accepted, reason=reason, **more))

    return told


@pytest.fixture
def allow_by_hand(source: Connection) -> None:
    """Sales may answer in the other system's place."""
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, by_hand=True))


@pytest.fixture
def answer_of(tell: Tell) -> Tell:
    """The other system answers a request."""

    def told(request: ChangeRequest, *, accepted: bool) -> InboundRecord:
        return tell(answer_to(request, accepted=accepted))

    return told
