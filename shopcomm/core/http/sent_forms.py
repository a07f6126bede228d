"""A form that is sent twice does its work once: a double tap, a repeat after a lost answer, two tabs of one page.

The record is written in the transaction of the work: what is refused may be sent again.
"""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest

from shopcomm.core.database.named_locks import wait_for_name
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.http.models import SentForm

FIELD = "form_key"
LONGEST_KEY = 80


def once_sent(request: HttpRequest, work: Callable[[], str]) -> str:
    """Do the work of a form that makes something; the same form again answers where the first one led.

    `work` returns an address or another short text. The key is the one that the page was rendered with
    (`{% form_key %}`), of the person who sends it; a form without one is not looked for.
    """
    key = request.POST.get(FIELD, "").replace("\x00", "").strip()[:LONGEST_KEY]
    if not key:
        return work()
    return _known_or_done(f"{request.user.pk or ''}", key, work)


@retry_on_deadlock
@transaction.atomic
def _known_or_done(owner: str, key: str, work: Callable[[], str]) -> str:
    # The second of two at once waits here until the first is committed.
    wait_for_name(f"form:{owner}:{key}")
    known = SentForm.objects.filter(owner=owner, key=key).first()
    if known is not None:
        return known.result
    result = work()
    SentForm.objects.create(owner=owner, key=key, result=result[:200])
    return result
