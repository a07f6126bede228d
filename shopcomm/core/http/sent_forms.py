"""A form that is sent twice does its work once: a double tap, a repeat after a lost answer, two tabs of one page.

The record is written in the transaction of the work: what is refused may be sent again.
"""

from collections.abc import Callable
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest

from shopcomm.core.database.named_locks import wait_for_named_lock
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.http.models import SentForm

FIELD = "form_key"
LONGEST_KEY = 80
# What a form carries and nobody says by it.
UNSAID = frozenset({FIELD, "csrfmiddlewaretoken"})


def run_form_once(request: HttpRequest, work: Callable[[], str]) -> str:
    """Do the work of a form that makes something; the same form again answers where the first one led.

    `work` returns an address or another short text. The key is the one that the page was rendered with
    (`{% form_key %}`), of the person who sends it; a form without one is not looked for.
    """
    key = _key_of(request)
    return _known_or_done(f"{request.user.pk or ''}", key, work) if key else work()


def run_customer_form_once(customer_id: int, request: HttpRequest, work: Callable[[], str]) -> str:
    """The same for a form of a customer, who comes back to a page and sends something else from it: only the same
    answers in the same form are once."""
    key = _key_of(request)
    if not key:
        return work()
    said = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in UNSAID)
    digest = sha256(repr((_place_of(request), said)).encode()).hexdigest()[:32]
    return _known_or_done(f"customer:{customer_id}", f"{key[: LONGEST_KEY - 33]}:{digest}", work)


def _place_of(request: HttpRequest) -> tuple[str, list[tuple[str, str]]]:
    """Where a form is sent to, whichever of a customer's links its page was opened by."""
    match = request.resolver_match
    named = match.kwargs.items() if match else ()
    return match.view_name if match else "", sorted((k, str(v)) for k, v in named if k != "token")


def _key_of(request: HttpRequest) -> str:
    return request.POST.get(FIELD, "").replace("\x00", "").strip()[:LONGEST_KEY]


@retry_on_deadlock
@transaction.atomic
def _known_or_done(owner: str, key: str, work: Callable[[], str]) -> str:
    # The second of two at once waits here until the first is committed.
    wait_for_named_lock(f"form:{owner}:{key}")
    known = SentForm.objects.filter(owner=owner, key=key).first()
    if known is not None:
        return known.result
    result = work()
    SentForm.objects.create(owner=owner, key=key, result=result[:200])
    return result
