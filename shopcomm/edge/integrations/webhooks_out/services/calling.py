"""One attempt: signed, sent, and what came of it. Runs in a thread and touches no database."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from shopcomm.core.outbound.calls import AddressRefused, NoAnswer, call_outbound
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery
from shopcomm.edge.integrations.webhooks_out.policies.retries import Verdict, judge_answer
from shopcomm.edge.integrations.webhooks_out.services.endpoints import webhook_reach
from shopcomm.edge.integrations.webhooks_out.signing import signed_headers

log = logging.getLogger(__name__)
# For a whole attempt.
SECONDS = 15.0
# So much of an answer is kept.
KEPT_BYTES = 4 * 1024


@dataclass(frozen=True)
class Attempted:
    """A delivery that was tried, and how that went."""

    delivery: WebhookDelivery
    started_at: datetime
    milliseconds: int
    verdict: Verdict
    status: int | None = None
    answer: str = ""
    error: str = ""


def attempt_delivery(delivery: WebhookDelivery) -> Attempted:
    """Send a delivery to its endpoint, once. Raises nothing: an error is an outcome."""
    started, clock = timezone.now(), time.monotonic()
    status, answer, error, verdict = None, "", "", Verdict()
    try:
        got = call_outbound(
            "POST",
            delivery.endpoint.url,
            headers=signed_headers(delivery.endpoint, delivery.message_id, delivery.payload, started),
            content=delivery.payload.encode(),
            reach=webhook_reach(),
            seconds=SECONDS,
            largest=KEPT_BYTES,
        )
        # A column of text holds no NUL.
        status, answer = got.status, got.text.replace("\0", "")
        verdict = judge_answer(got.status, got.headers, timezone.now())
    except NoAnswer as failure:
        error = str(failure)
    except AddressRefused as refused:
        error, verdict = str(refused), Verdict(final=True)
    except CannotUnseal:
        error, verdict = "the secret was sealed under another SECRET_KEY", Verdict(final=True)
    except Exception as failure:
        log.exception("webhook delivery %s broke", delivery.pk)
        error = repr(failure)
    milliseconds = int((time.monotonic() - clock) * 1000)
    return Attempted(delivery, started, milliseconds, verdict, status, answer, error.replace("\0", "")[:300])
