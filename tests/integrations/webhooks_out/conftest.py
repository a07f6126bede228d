from collections.abc import Callable, Iterator

import pytest

from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import EndpointSettings, create_endpoint
from tests.api.conftest import body, post, with_scopes  # noqa: F401  (calls of the API)
from tests.integrations.webhooks_out.receiver import Receiver

Make = Callable[..., tuple[WebhookEndpoint, str]]


@pytest.fixture
def new_receiver(settings) -> Iterator[Callable[[], Receiver]]:
    """Starts receivers that the operator lets webhooks reach."""
    running: list[Receiver] = []

    def start() -> Receiver:
        running.append(Receiver())
        settings.WEBHOOK_ALLOWED_HOSTS = [each.host for each in running]
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture
def receiver(new_receiver) -> Receiver:
    return new_receiver()


@pytest.fixture
def boss(manager) -> Actor:
    return Actor.staff(manager)


@pytest.fixture
def make_endpoint(boss) -> Make:
    """An endpoint and its secret."""

    def make(url: str, *types: str, **more: object) -> tuple[WebhookEndpoint, str]:
        wanted = EndpointSettings(url=url, event_types=list(types) or ["*"], **more)  # type: ignore[arg-type]
        return create_endpoint(actor=boss, wanted=wanted)

    return make
