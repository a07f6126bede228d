"""What a channel carries, and how it says that it could not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings

from messaging.services.notifications.recipients import Recipient
from shopcomm.core.outbound.calls import Reach


@dataclass(frozen=True)
class Outgoing:
    """One notice on its way out. `reference` is the same for every attempt, so that a receiver can tell repeats."""

    reference: str
    title: str
    body: str
    url: str
    urgent: bool = False


class ChannelFailed(Exception):
    """A channel did not take a notice.

    `final`: trying again would not help. `of_channel`: it is the channel's own failure (its provider, the shop's
    credentials), which would meet anybody. `gone`: this endpoint is no more and is to be forgotten.
    """

    def __init__(
        self, text: str, *, final: bool = False, of_channel: bool = False, gone: bool = False
    ) -> None:
        # What a stranger's server answered is written down, and a column of text holds no NUL.
        super().__init__(text.replace("\0", ""))
        self.final, self.of_channel, self.gone = final, of_channel, gone


def account_reach() -> Reach:
    """Accounts are written by managers: plain HTTP too, what the operator names, in development this machine."""
    return Reach(named=settings.CHANNEL_ALLOWED_HOSTS, plain=True, loopback=settings.OUTBOUND_LOOPBACK)


class ChannelWay(Protocol):
    """A way to somebody outside the product."""

    # How many calls may be under way at the same time.
    at_once: int
    # Whether each address of a person has to take a notice, or one is enough.
    needs_every: bool

    def addresses_of(self, people: Iterable[Recipient]) -> dict[Recipient, list[Any]]:
        """Where each of these people can be found; who is left out cannot be reached this way."""

    def load_credentials(self) -> Any:
        """What the shop speaks with."""

    def send_notice(self, outgoing: Outgoing, address: Any, credentials: Any) -> None:
        """Speak to the outside, in a thread that must not touch the database. Raises ChannelFailed."""
