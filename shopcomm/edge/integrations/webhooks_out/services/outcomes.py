"""What came of attempts is written down: the delivery goes on or ends, and the endpoint fares well or ill."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.policies.retries import (
    LEAST_JITTER,
    MOST_JITTER,
    is_given_up,
    next_spell,
    pause_before_retry,
)
from shopcomm.edge.integrations.webhooks_out.services.calling import Attempted
from shopcomm.edge.integrations.webhooks_out.services.claims import is_awake
from shopcomm.edge.integrations.webhooks_out.services.disabling import disable_endpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import lock_endpoint

State = WebhookDelivery.State
CHANGED = ["state", "due_at", "claim", "claimed_until", "attempts", "status", "error", "finished_at"]


@transaction.atomic
def record_attempts(endpoint_id: int, made: Sequence[Attempted]) -> bool:
    """Write down attempts at one endpoint, in the order in which they ended. Of an endpoint that is gone nothing is kept.

    Returns whether more may be sent there now.
    """
    try:
        endpoint = lock_endpoint(endpoint_id)
    except WebhookEndpoint.DoesNotExist:
        return False
    ids = [each.delivery.pk for each in made]
    rows = WebhookDelivery.objects.select_for_update().defer("payload").in_bulk(ids)
    known = [each for each in made if each.delivery.pk in rows]
    now, attempts = timezone.now(), []
    for each in known:
        row = rows[each.delivery.pk]
        row.attempts += 1
        attempts.append(_attempt_of(row, each))
        _apply(endpoint, row, each, now)
    WebhookAttempt.objects.bulk_create(attempts)
    _save_rows(rows.values())
    endpoint.save()
    _end_where_given_up(endpoint, made)
    return endpoint.state == WebhookEndpoint.State.ACTIVE and is_awake(endpoint, now)


def _save_rows(rows: Iterable[WebhookDelivery]) -> None:
    """What was taken is alike but for its status and goes in one statement; the others one by one."""
    taken: dict[tuple[int | None, int, datetime | None], list[int]] = defaultdict(list)
    for row in rows:
        if row.state == State.DELIVERED:
            taken[row.status, row.attempts, row.finished_at].append(row.pk)
        else:
            row.save(update_fields=CHANGED)
    for (status, attempts, finished_at), ids in taken.items():
        WebhookDelivery.objects.filter(pk__in=ids).update(
            state=State.DELIVERED,
            status=status,
            attempts=attempts,
            finished_at=finished_at,
            claim=None,
            claimed_until=None,
            error="",
        )


def _attempt_of(row: WebhookDelivery, each: Attempted) -> WebhookAttempt:
    return WebhookAttempt(
        delivery=row,
        number=row.attempts,
        started_at=each.started_at,
        duration_ms=each.milliseconds,
        status=each.status,
        answer=each.answer,
        error=each.error,
    )


def _apply(endpoint: WebhookEndpoint, row: WebhookDelivery, each: Attempted, now: datetime) -> None:
    """What an attempt means for its delivery and its endpoint. Taken is taken, whoever has the delivery by now."""
    verdict = each.verdict
    mine = row.claim == each.delivery.claim and row.state == State.PENDING
    if verdict.taken:
        _close(row, State.DELIVERED, each, now)
    elif mine:
        _try_again_or_fail(row, each, now)
    if verdict.taken or verdict.aborted:
        _fare_well(endpoint)
    else:
        _fare_ill(endpoint, now)
    if verdict.busy and verdict.wait is not None:
        endpoint.rests_until = now + verdict.wait


def _try_again_or_fail(row: WebhookDelivery, each: Attempted, now: datetime) -> None:
    jitter = random.uniform(LEAST_JITTER, MOST_JITTER)
    pause = None
    if not each.verdict.final:
        pause = pause_before_retry(row.attempts, jitter=jitter, wait=each.verdict.wait)
    if pause is None:
        _close(row, State.FAILED, each, now)
        return
    row.claim = row.claimed_until = None
    row.status, row.error, row.due_at = each.status, each.error, now + pause


def _close(row: WebhookDelivery, state: str, each: Attempted, now: datetime) -> None:
    row.state, row.status, row.error, row.finished_at = state, each.status, each.error, now
    row.claim = row.claimed_until = None


def _fare_well(endpoint: WebhookEndpoint) -> None:
    endpoint.failures = endpoint.spells = 0
    endpoint.failing_since = endpoint.last_spell_at = endpoint.rests_until = None


def _fare_ill(endpoint: WebhookEndpoint, now: datetime) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if (spells := next_spell(endpoint.spells, endpoint.last_spell_at, now)) is not None:
        endpoint.spells, endpoint.last_spell_at = spells, now


def _end_where_given_up(endpoint: WebhookEndpoint, made: Sequence[Attempted]) -> None:
    """Disable an endpoint that has asked for it, or that has failed for days."""
    asked = next((each for each in made if each.verdict.disable), None)
    if asked is not None:
        disable_endpoint(endpoint, f"HTTP {asked.status}")
    elif endpoint.failing_since and is_given_up(endpoint.failing_since, endpoint.spells, timezone.now()):
        last = made[-1]
        disable_endpoint(endpoint, last.error or f"HTTP {last.status}")
