"""The first manager of a shop: whoever can read what the shop's machine prints, once, and nobody after that.

The page that asks can be reached from the network before anybody has an account. So it wants a code that only whoever
started the shop has seen (60 bits: nobody guesses it), and all of it happens behind one lock: of two who send the code at
the same moment one becomes manager.
"""

import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from shopcomm.core.accounts.models import SetupCode, Staff
from shopcomm.core.accounts.roles import Role
from shopcomm.core.database.named_locks import wait_for_named_lock
from shopcomm.core.networks import network_of
from shopcomm.core.rate_limits import seconds_to_wait
from shopcomm.core.refusals import Refusal

LOCK = "first-manager"
# Without letters and digits that look alike.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CHARACTERS, GROUP = 12, 4
# Guesses from one network: as many as a person may need at once, then one in ten seconds.
GUESS_RATE, GUESS_BURST = 1 / 10, 10


class SetupRefused(Refusal):
    """No manager was made. `field` is the one to look at."""

    code = "setup_refused"

    def __init__(self, text: str, *, field: str = "", status: int = 422) -> None:
        super().__init__(text)
        self.field, self.status = field, status


@dataclass(frozen=True)
class NewManager:
    """How the first manager logs in and is called."""

    username: str
    password: str
    display_name: str


def has_manager() -> bool:
    """Whether the shop was ever taken by somebody. One who was shut out counts: the door does not open again."""
    return Staff.objects.filter(role=Role.MANAGER).exists()


def waits_for_owner() -> bool:
    """Whether a code was printed for a shop that nobody has taken yet."""
    return SetupCode.objects.exists() and not has_manager()


@transaction.atomic
def make_setup_code() -> str:
    """A new code for the first page, which makes the former one void; empty once there is a manager."""
    wait_for_named_lock(LOCK)
    if has_manager():
        SetupCode.objects.all().delete()
        return ""
    drawn = "".join(secrets.choice(ALPHABET) for _place in range(CHARACTERS))
    SetupCode.objects.update_or_create(pk=1, defaults={"digest": _digest(drawn), "made_at": timezone.now()})
    return "-".join(drawn[start : start + GROUP] for start in range(0, CHARACTERS, GROUP))


@transaction.atomic
def make_first_manager(*, code: str, who: NewManager, address: str) -> Staff:
    """Use the code. `address` is the visitor's, for whom guesses are counted.

    Raises SetupRefused: for a wrong code, a name that is taken, and once there is a manager (409).
    """
    if seconds_to_wait(f"setup:{network_of(address)}", rate=GUESS_RATE, size=GUESS_BURST):
        raise SetupRefused(_("试得太快了，请十秒后再试"), field="code", status=429)
    wait_for_named_lock(LOCK)
    if has_manager():
        raise SetupRefused(_("店铺已经有经理了，请登录"), status=409)
    kept = SetupCode.objects.filter(pk=1).first()
    if kept is None or not constant_time_compare(kept.digest, _digest(code)):
        raise SetupRefused(_("开店码不对，请看启动店铺的窗口里最后一次显示的那个"), field="code")
    if Staff.objects.filter(username=who.username).exists():
        raise SetupRefused(_("这个用户名已经有人用了"), field="username")
    manager: Staff = Staff.objects.create_superuser(
        who.username, password=who.password, display_name=who.display_name
    )
    kept.delete()
    return manager


def _digest(code: str) -> str:
    """Of what people type: in capitals, without what stands between."""
    plain = "".join(filter(str.isalnum, code.upper()))
    return salted_hmac("shopcomm.setup", plain, algorithm="sha256").hexdigest()
