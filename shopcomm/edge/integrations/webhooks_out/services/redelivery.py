"""Sending again what was delivered, failed or skipped: in the old order, with the same body and `webhook-id`."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.services.rights import require_right
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.keeping import OF_COMMANDS, gets_commands, is_told_whole
from shopcomm.edge.integrations.webhooks_out.errors import EndpointDisabled
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import lock_endpoint
from shopcomm.edge.integrations.webhooks_out.services.queueing import make_body, queue_test
from shopcomm.edge.integrations.webhooks_out.services.waking import wake_webhooks

State = WebhookDelivery.State


@transaction.atomic
def redeliver_one(*, actor: Actor, delivery_id: int) -> WebhookDelivery:
    """Send a delivery again, whatever became of it. Raises NotAllowed, EndpointDisabled, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    found = WebhookDelivery.objects.only("endpoint_id").get(pk=delivery_id)
    _send_again(_open_endpoint(found.endpoint_id), Q(pk=delivery_id))
    return WebhookDelivery.objects.get(pk=delivery_id)


@transaction.atomic
def redeliver_chosen(*, actor: Actor, endpoint_id: int, delivery_ids: list[int]) -> int:
    """Send chosen deliveries of an endpoint again. Returns how many. Raises NotAllowed, EndpointDisabled, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    return _send_again(_open_endpoint(endpoint_id), Q(pk__in=delivery_ids))


@transaction.atomic
def redeliver_since(*, actor: Actor, endpoint_id: int, since: datetime) -> int:
    """Send again all that failed or was skipped of what happened since a moment. Returns how many.

    Raises NotAllowed, EndpointDisabled, DoesNotExist.
    """
    require_right(actor, "webhooks.manage")
    endpoint = _open_endpoint(endpoint_id)
    missed = Q(state__in=[State.FAILED, State.SKIPPED], event__occurred_at__gte=since)
    return _send_again(endpoint, missed)


@transaction.atomic
def send_test_event(*, actor: Actor, endpoint_id: int) -> WebhookDelivery:
    """Send an endpoint a `webhook.test`, whatever its state. Raises NotAllowed, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    return queue_test(lock_endpoint(endpoint_id))


@transaction.atomic
def resume_endpoint(*, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    """Send to an endpoint again. What was skipped while it was disabled stays so until somebody sends it; but customers
    wait for what came of a system's commands, and those go now, in their order.

    Raises NotAllowed, DoesNotExist.
    """
    require_right(actor, "webhooks.manage")
    endpoint = lock_endpoint(endpoint_id)
    if gets_commands(endpoint.pk):
        failed = Q(state=State.FAILED, created_at__gte=endpoint.failing_since or timezone.now())
        _send_again(endpoint, Q(type__in=OF_COMMANDS) & (Q(state=State.SKIPPED) | failed))
    endpoint.state, endpoint.disabled_reason, endpoint.disabled_at = WebhookEndpoint.State.ACTIVE, "", None
    endpoint.failures = endpoint.spells = 0
    endpoint.failing_since = endpoint.last_spell_at = endpoint.rests_until = endpoint.told_at = None
    endpoint.save()
    wake_webhooks()
    return endpoint


def _open_endpoint(endpoint_id: int) -> WebhookEndpoint:
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.state == WebhookEndpoint.State.DISABLED:
        raise EndpointDisabled
    return endpoint


def _send_again(endpoint: WebhookEndpoint, which: Q) -> int:
    rows = WebhookDelivery.objects.filter(which, endpoint=endpoint)
    _make_missing_bodies(endpoint, rows)
    ready = rows.exclude(payload="")
    count = ready.update(
        state=State.PENDING,
        due_at=timezone.now(),
        attempts=0,
        claim=None,
        claimed_until=None,
        finished_at=None,
        error="",
        status=None,
    )
    wake_webhooks()
    return count


def _make_missing_bodies(endpoint: WebhookEndpoint, rows: QuerySet[WebhookDelivery]) -> None:
    """A body that could not be made before may be made by now; another one stays a failed delivery."""
    for row in rows.filter(payload="").exclude(event=None).select_related("event"):
        if row.event is not None:
            row.payload, row.error = make_body(
                row.event, endpoint.payload_version, partial(is_told_whole, endpoint.pk)
            )
            row.save(update_fields=["payload", "error"])
