"""Running a service whose refusal is an answer and no error: caught here, and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

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
    """Run a service for somebody who does something with its refusal: a form that is shown again, a record that is kept."""
    try:
        return Outcome(work())
    except Refusal as refusal:
        return Outcome(refusal=refusal)
