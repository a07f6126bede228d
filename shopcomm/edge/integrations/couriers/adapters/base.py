"""What a tracking service is to this shop: how a push is verified, read and answered, and how a parcel is asked about.

An adapter touches no database. What it is given is all it knows; what it returns is in one form for all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.functional import Promise

from orders.policies.parcel_way import FURTHER, Scan
from shopcomm.core.outbound.calls import Answer, Reach, call_outbound

Label = str | Promise
# For a whole call, and of an answer: a long way has some hundred scans.
SECONDS = 10.0
LARGEST_ANSWER = 512 * 1024
# Couriers that show a way only to whom knows the receiver's phone.
WANT_PHONE = frozenset({"shunfeng", "shunfengkuaiyun", "zhongtong"})


@dataclass(frozen=True)
class Credential:
    """One thing that a manager enters: its name, what it is called, whether it opens the account."""

    name: str
    label: Label
    is_secret: bool = True
    is_needed: bool = True
    hint: Label = ""


@dataclass(frozen=True)
class Push:
    """A request as it came: the bytes, the fields of a form, the headers by lower-case names."""

    body: bytes
    form: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What the service wants to hear."""

    status: int
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Track:
    """What a service says of one parcel."""

    number: str
    # The courier's codes that it goes by there, the likeliest first.
    carriers: tuple[str, ...] = ()
    scans: Sequence[Scan] = ()
    # Why the service follows it no longer; empty while it does.
    ended: str = ""
    # Another courier than the one it was asked for.
    suggested: str = ""
    # Codes that mean nothing here yet.
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A parcel as a service is asked about it. `phone_tail`: the receiver's last four digits, where the courier wants them."""

    carrier: str
    number: str
    phone_tail: str = ""


@dataclass(frozen=True)
class Access:
    """An account as its adapter uses it. `callback` is where the service pushes to; `secrets` are those it may sign with now."""

    credentials: Mapping[str, str]
    configuration: Mapping[str, Any] = field(default_factory=dict)
    callback: str = ""
    secrets: Sequence[str] = ()

    @property
    def codes(self) -> Mapping[str, str]:
        """What codes mean that are not known in general."""
        found: Mapping[str, str] = self.configuration.get("codes", {})
        return found


class Told(StrEnum):
    """How a service took what it was asked."""

    TAKEN = "taken"
    # Try again later.
    LATER = "later"
    # Not for this parcel.
    REFUSED = "refused"
    # The account itself is not in order: nothing will be taken until somebody looks.
    ACCOUNT = "account"


@dataclass(frozen=True)
class Outcome:
    """What came of a call; of a query with the way it told."""

    told: Told
    detail: str = ""
    track: Track | None = None


class Unreadable(ValueError):
    """A push that is none of this service's."""


class Adapter:
    """One tracking service: what it is called and opened with. What it can do it says by the classes below."""

    code: str = ""
    label: Label = ""
    credentials: tuple[Credential, ...] = ()
    # Which credential pushes are signed with; one that the shop makes itself is made with the account.
    signing: str = ""
    makes_secret: bool = False
    # A manager may enter its own numbers of couriers.
    has_carrier_numbers: bool = False
    # Its parcels move by themselves, for show.
    is_demo: bool = False

    @property
    def takes_pushes(self) -> bool:
        """Whether it pushes where parcels are."""
        return isinstance(self, TakesPushes)

    @property
    def can_query(self) -> bool:
        """Whether it can be asked where a parcel is."""
        return isinstance(self, Answers)


class TakesPushes(Adapter, ABC):
    """One that pushes where parcels are."""

    @abstractmethod
    def is_signed(self, push: Push, access: Access) -> bool:
        """Whether a push comes from the service. Anything malformed is not."""

    @abstractmethod
    def read(self, text: str, codes: Mapping[str, str]) -> list[Track]:
        """What a stored push says. Raises Unreadable."""

    def kept(self, push: Push) -> str:
        """The text of a push as it is stored: what was signed."""
        return push.body.decode("utf-8", "replace")

    def taken(self) -> Reply:
        """The answer with which the service does not send a push again."""
        return Reply(200, {"ok": True})

    def refused(self, status: int) -> Reply:
        """The answer with which it does."""
        return Reply(status, {"ok": False})


class Subscribes(Adapter, ABC):
    """One that is told of a parcel when it leaves, and pushes from then on."""

    @abstractmethod
    def subscribe(self, parcel: Asked, access: Access) -> Outcome:
        """Have a parcel followed. Raises NoAnswer, AddressRefused."""


class Answers(Adapter, ABC):
    """One that can be asked where a parcel is."""

    @abstractmethod
    def query(self, parcel: Asked, access: Access) -> Outcome:
        """Ask where a parcel is. Raises NoAnswer, AddressRefused."""

    def may_query(self, access: Access) -> bool:
        """Whether a parcel can be asked about with what was entered."""
        return True


def ask_service(url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
    """One POST to a service, within its time. Raises NoAnswer, AddressRefused."""
    reach = Reach(named=settings.COURIER_ALLOWED_HOSTS)
    return call_outbound(
        "POST", url, headers=headers, content=content, reach=reach, seconds=SECONDS, largest=LARGEST_ANSWER
    )


def code_text(value: object) -> str:
    """A code as text; empty for what is none."""
    return str(value).strip()[:60] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def words_of(value: object) -> str:
    """Words; empty for what has none."""
    return value.strip() if isinstance(value, str) else ""


class Codes:
    """The meaning of a service's codes, and which of those that were asked for have none."""

    def __init__(self, known: Mapping[str, str], added: Mapping[str, str]) -> None:
        self._known, self._added = known, added
        self.unknown: dict[str, None] = {}

    def knows(self, code: str) -> bool:
        """Whether a code has a meaning."""
        return code in self._added or code in self._known

    def state(self, code: str) -> str:
        """The state that a code stands for; empty for no code, and for one that nobody has given a meaning."""
        if not code:
            return ""
        found = self._added.get(code, self._known.get(code))
        if found is None:
            self.unknown[code] = None
        return found if found in FURTHER else ""
