"""The outcome of a service on a page: told on the next one, or answered to a script."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from shopcomm.core.outcomes import Outcome, run_service

T = TypeVar("T")


def run_and_tell(request: HttpRequest, work: Callable[[], T], success: str = "") -> Outcome[T]:
    """Run a service, and show its outcome on the next page.

    `success` is what is said when it was done; without it the text that the work returns.
    """
    outcome = run_service(work)
    if outcome.refusal is None:
        messages.success(request, success or str(outcome.result))
    else:
        messages.error(request, outcome.text)
    return outcome


def outcome_answer(
    request: HttpRequest, text: str, *, status: int = 200, back: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The answer to a button: for a script the text as JSON, for a browser without one the page that `back` leads to,
    which shows the text. `status` is that of the outcome; an empty text is not shown.
    """
    if "X-Fragment" in request.headers:
        return JsonResponse({"text": text}, status=status)
    if text:
        messages.add_message(request, messages.SUCCESS if status < 400 else messages.ERROR, text)
    return back()
