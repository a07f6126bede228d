"""Running a service for a page: its refusal is caught here, and nowhere else, and shown to whoever asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from shopcomm.core.refusals import Refusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The outcome of a service: its result, or its refusal."""

    returned: T | None = None
    refusal: Refusal | None = None

    @property
    def result(self) -> T:
        """What the service returned. Raises its refusal, if it refused."""
        if self.refusal is not None:
            raise self.refusal
        return cast(T, self.returned)

    @property
    def text(self) -> str:
        """Why it was refused, in a sentence; empty when it was done."""
        return "" if self.refusal is None else str(self.refusal.detail)

    @property
    def status(self) -> int:
        """The HTTP status of a page that shows this: 200, or the refusal's."""
        return 200 if self.refusal is None else self.refusal.status


def run_service(work: Callable[[], T]) -> Outcome[T]:
    """Run a service for a page that shows a refusal itself, such as a form with its input."""
    try:
        return Outcome(work())
    except Refusal as refusal:
        return Outcome(refusal=refusal)


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
