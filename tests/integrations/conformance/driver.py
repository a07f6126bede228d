"""What the conformance suite needs of a way of joining another system: that it tells, that the product works, that it is told again."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shopcomm.edge.integrations.models import Connection


class Driver(ABC):
    """Another system that behaves, joined in one way, and the product at work on what it says.

    A record is an order, or a part of one, as `read_inbound_order` takes it. The same record told twice is the same thing
    said again. What could not be handed over is handed over later: nothing that was told is forgotten by the other system.
    """

    # The way in, made by the driver. Statuses are mapped in it, and it is paused and resumed.
    connection: Connection

    @abstractmethod
    def tell(self, *records: Mapping[str, Any]) -> None:
        """The other system says this, one after the other. The product has not applied it when this returns."""

    @abstractmethod
    def work(self) -> None:
        """Let the product take and apply what there is, until nothing more comes. Raises what a worker is killed by."""

    @abstractmethod
    def replay(self, since: datetime) -> None:
        """What was told of `since` (aware) and later is told again, in the way that people have for it; `work` takes it then."""

    def close(self) -> None:  # noqa: B027  (a way with nothing of its own to end has nothing to do)
        """End what the driver has started."""
