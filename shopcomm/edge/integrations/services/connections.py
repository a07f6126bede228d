"""Connections to other systems and their credentials."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import Status
from shopcomm.core.refusals import Refusal
from shopcomm.core.sealing import readable_values, seal_values, unseal_values
from shopcomm.core.text import one_line
from shopcomm.edge.integrations.models import Connection

# The source that is meant where none is named.
USUAL_SOURCE = "default"
LONGEST_STATUS, MOST_STATUSES = 60, 100


class ConnectionRefused(Refusal):
    """A connection that cannot be so."""

    code, detail = "connection_refused", gettext_lazy("对接的设置不正确")


@transaction.atomic
def add_connection(*, kind: str, name: str) -> tuple[Connection, bool]:
    """The connection of this name, made where there is none; the second value says if it was. Raises ConnectionRefused for one of another kind."""
    name = one_line(name)
    if not name:
        raise ConnectionRefused(_("请填写对方系统的名称"))
    found, made = Connection.objects.get_or_create(name=name, defaults={"kind": kind})
    if found.kind != kind:
        raise ConnectionRefused(_("“%(name)s”是另一种对接") % {"name": name})
    return found, made


@transaction.atomic
def join_platform(
    *, kind: str, name: str, statuses: Mapping[str, str], credentials: Mapping[str, str]
) -> Connection:
    """A new connection to a platform, with what its statuses are here and what it is spoken to with. Raises ConnectionRefused."""
    connection, made = add_connection(kind=kind, name=name)
    if not made:
        raise ConnectionRefused(_("“%(name)s”已经有了") % {"name": connection.name})
    connection.configuration = {"statuses": dict(statuses)}
    connection.save(update_fields=["configuration"])
    set_credentials(connection, credentials)
    return connection


@transaction.atomic
def change_credentials(*, connection_id: int, credentials: Mapping[str, str]) -> Connection:
    """Speak to a platform with other credentials. Raises Connection.DoesNotExist."""
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    set_credentials(connection, credentials)
    return connection


def credentials_of(connection: Connection) -> dict[str, str]:
    """What the other system is spoken to with. Raises CannotUnseal where SECRET_KEY was changed and its old value is not known."""
    return unseal_values(connection.sealed_credentials)


def readable_credentials(connection: Connection) -> dict[str, str]:
    """The same for a form: none where they cannot be read any more, so that a person may enter them anew."""
    return readable_values(connection.sealed_credentials)


def set_credentials(connection: Connection, credentials: Mapping[str, str]) -> None:
    """Keep them sealed."""
    connection.sealed_credentials = seal_values(credentials)
    connection.save(update_fields=["sealed_credentials"])


@transaction.atomic
def map_statuses(*, connection_id: int, text: str) -> Connection:
    """Save what the other system's statuses are here, a line each: `theirs = ours`. Raises ConnectionRefused."""
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    connection.configuration = connection.configuration | {"statuses": read_statuses(text)}
    connection.save(update_fields=["configuration"])
    return connection


def read_statuses(text: str) -> dict[str, str]:
    """What statuses are here, from the lines that a person typed. Raises ConnectionRefused."""
    found: dict[str, str] = {}
    labels = {str(status.label): status.value for status in Status}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        theirs, _sign, ours = (part.strip() for part in line.replace("＝", "=").partition("="))
        status = labels.get(ours, ours)
        if not theirs or len(theirs) > LONGEST_STATUS or status not in Status.values:
            raise ConnectionRefused(
                _("第 %(number)s 行看不懂：%(line)s") % {"number": number, "line": line.strip()}
            )
        found[theirs] = status
    if len(found) > MOST_STATUSES:
        raise ConnectionRefused(_("最多 %(most)s 个状态") % {"most": MOST_STATUSES})
    return found


@transaction.atomic
def set_state(*, connection_id: int, active: bool) -> Connection:
    """Take what comes in, or refuse it for the time being: the sender tries again later."""
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    connection.state = Connection.State.ACTIVE if active else Connection.State.PAUSED
    connection.save(update_fields=["state"])
    return connection
