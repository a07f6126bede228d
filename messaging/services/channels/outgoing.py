"""What a channel carries, and how it says that it could not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings

from messaging.services.notifications.recipients import Person
from shopcomm.core.http.outbound import Reach


@dataclass(frozen=True)
class Outgoing:
    """One notice on its way out. `reference` is the same for every attempt, so that a receiver can tell repeats."""

    reference: str
    title: str
    body: str
    url: str
    urgent: bool = False


class ChannelFailed(Exception):
    """A channel did not take a notice. `final`: trying again would not help."""

    def __init__(self, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.final = final


def account_reach() -> Reach:
    """Accounts are written by managers: plain HTTP too, what the operator names, in development this machine."""
    return Reach(named=settings.CHANNEL_ALLOWED_HOSTS, plain=True, loopback=settings.OUTBOUND_LOOPBACK)


class Module(Protocol):
    """What every channel's module offers."""

    def reach(self, people: Iterable[Person]) -> dict[Person, list[Any]]: ...

    def send(self, outgoing: Outgoing, addresses: list[Any]) -> None: ...
