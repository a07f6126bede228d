"""Whether another system keeps its orders and decides what is changed of them, and how it is told what to decide."""

from dataclasses import asdict, dataclass

from orders.events import ChangeRejected, ChangeRequested
from shopcomm.edge.integrations.models import Connection

# The name in a connection's configuration.
KEEPING = "keeping"
# The events that a system reads which is sent commands: one, and that it came to nothing.
OF_COMMANDS = (ChangeRequested.type, ChangeRejected.type)


@dataclass(frozen=True)
class Keeping:
    """What a connection's page says of it."""

    # The other system decides; otherwise the shop does, and its orders are like any other.
    decides: bool = False
    # Sales may answer in its place.
    by_hand: bool = False
    # The webhook endpoint that its commands are sent to, whole, where there is one; they are in the log in any case.
    endpoint: int | None = None


def keeping_of(connection: Connection) -> Keeping:
    """How it is with a connection; of one that nobody has asked about, the shop decides."""
    return Keeping(**connection.configuration.get(KEEPING, {}))


def set_keeping(connection: Connection, keeping: Keeping) -> None:
    """Keep it; the caller has locked the connection's row."""
    connection.configuration = connection.configuration | {KEEPING: asdict(keeping)}
    connection.save(update_fields=["configuration"])


def gets_commands(endpoint_id: int) -> bool:
    """Whether some system's commands are sent to a webhook endpoint."""
    return Connection.objects.filter(**{f"configuration__{KEEPING}__endpoint": endpoint_id}).exists()


def is_told_whole(endpoint_id: int, system: str) -> bool:
    """Whether a webhook endpoint is the one for a system's commands: it reads them unmasked."""
    connection = Connection.objects.filter(name=system).first()
    return connection is not None and keeping_of(connection).endpoint == endpoint_id
