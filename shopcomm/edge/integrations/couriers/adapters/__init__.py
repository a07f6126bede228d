"""The tracking services that are spoken to, by their codes. One more is one more file here."""

from types import MappingProxyType

from shopcomm.edge.integrations.couriers.adapters.base import Adapter
from shopcomm.edge.integrations.couriers.adapters.demo import Demo
from shopcomm.edge.integrations.couriers.adapters.generic import Generic
from shopcomm.edge.integrations.couriers.adapters.kuaidi100 import Kuaidi100
from shopcomm.edge.integrations.couriers.adapters.seventeen_track import SeventeenTrack

ADAPTERS: MappingProxyType[str, Adapter] = MappingProxyType(
    {each.code: each for each in (Kuaidi100(), SeventeenTrack(), Generic(), Demo())}
)


def adapter_of(code: str) -> Adapter:
    """The adapter of an account. Raises KeyError for one that there is not."""
    return ADAPTERS[code]
