"""Run in the product's own environment: joins the other order system, and prints what it has to know as JSON."""

import json

from messaging.models import NotificationRule
from messaging.models.rules import Outside
from shopcomm.edge.integrations.queue_table.services.roles import create_sync_role
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.factories import VariantFactory

PLENTY = 1_000_000


def main(way: str, name: str) -> None:
    """Goods to sell, notices that wait for no morning, and a connection of this way."""
    NotificationRule.objects.update(outside=Outside.SEND)
    variant = VariantFactory(on_hand=PLENTY)
    print(json.dumps({"sku": variant.sku, **JOINED[way](name)}))


def _webhook(name: str) -> dict[str, str]:
    return {"secret": credentials_of(webhook_source(name))["secret"]}


def _queue_table(name: str) -> dict[str, str]:
    return {"url": create_sync_role(f"{name}_queue")[1]}


JOINED = {"webhook": _webhook, "queue": _queue_table}
