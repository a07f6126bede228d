"""Run in the product's own environment: joins the other order system, and prints what it has to know as JSON."""

import json

from messaging.models import NotificationRule
from messaging.models.rules import Outside
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.services.sources import WantedSource, create_polled_source
from shopcomm.edge.integrations.polling.source_settings import MomentStyle, SourceSettings
from shopcomm.edge.integrations.queue_table.services.roles import create_sync_role
from shopcomm.edge.integrations.services.connections import credentials_of, set_state
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from shopcomm.edge.integrations.webhooks_out.services.endpoints import EndpointSettings, create_endpoint
from tests.factories import StaffFactory, VariantFactory
from tests.integrations.polling.reading import BY_NUMBER, FIELDS

PLENTY = 1_000_000


def main(way: str, name: str, hook: str) -> None:
    """Goods to sell, notices that wait for no morning, and a connection of this way whose system decides all changes.

    `hook` is where that system takes webhooks.
    """
    NotificationRule.objects.update(outside=Outside.SEND)
    variant = VariantFactory(sku=name, on_hand=PLENTY)
    print(json.dumps({"sku": variant.sku, **JOINED[way](name, hook)}))


def _webhook(name: str, hook: str) -> dict[str, str]:
    """Webhooks both ways."""
    source = webhook_source(name)
    return {"secret": credentials_of(source)["secret"], "hook_secret": _keeping(source, name, hook)}


def _queue_table(name: str, _hook: str) -> dict[str, str]:
    """Rows both ways."""
    connection, url = create_sync_role(name)
    change_keeping(connection_id=connection.pk, wanted=Keeping(decides=True))
    return {"url": url}


def _polling(name: str, hook: str) -> dict[str, str]:
    """The product comes for the orders; what happens in it goes by webhook."""
    settings = SourceSettings(
        url=hook.replace("/hook", "/orders"),
        rows="orders",
        fields=FIELDS,
        **BY_NUMBER | {"size": 50, "since_style": MomentStyle.SECONDS, "interval": 1, "overlap": 30},
    )
    source = create_polled_source(wanted=WantedSource(name=name, settings=settings))
    set_state(connection_id=source.pk, active=True)
    return {"hook_secret": _keeping(source, name, hook)}


def _keeping(source: Connection, name: str, hook: str) -> str:
    """Have a connection's system decide all changes, which it is told of by webhook. Returns the webhooks' secret."""
    boss = Actor.staff(StaffFactory(role="manager", username=name))
    endpoint, secret = create_endpoint(actor=boss, wanted=EndpointSettings(url=hook, event_types=["*"]))
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, endpoint=endpoint.pk))
    return secret


JOINED = {"polling": _polling, "webhook": _webhook, "queue_table": _queue_table}
