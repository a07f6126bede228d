"""The demo shop's courier: its parcels move by themselves, so that a newcomer sees it happen. It speaks with nobody."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from orders.models import Shipment
from shopcomm.edge.integrations.couriers.adapters.base import Adapter

State = Shipment.State


@dataclass(frozen=True)
class Step:
    """One scan: how long after the one before it, what it says, and where; {city} is where the parcel goes."""

    after: timedelta
    state: str
    text: str
    place: str


# A parcel that has just left gets its first scan within a minute, and arrives while one is still looking.
WAY: tuple[Step, ...] = (
    Step(timedelta(seconds=40), State.COLLECTED, "【广州白云花都网点】已揽收", "广东,广州市"),
    Step(
        timedelta(seconds=60),
        State.IN_TRANSIT,
        "【广州转运中心】已发出，下一站【{city}转运中心】",
        "广东,广州市",
    ),
    Step(timedelta(seconds=60), State.IN_TRANSIT, "快件已到达【{city}转运中心】", "{province},{city}"),
    Step(
        timedelta(seconds=90), State.OUT_FOR_DELIVERY, "快递员正在派送，请保持电话畅通", "{province},{city}"
    ),
    Step(timedelta(seconds=120), State.SIGNED, "已签收，签收人：本人", "{province},{city}"),
)
# Every so many parcels, one that is not at home at first.
PROBLEM_EVERY = 7
PROBLEM = Step(timedelta(seconds=90), State.PROBLEM, "派送不成功：收件人电话无人接听", "{province},{city}")


class Demo(Adapter):
    code, label = "demo", _("演示快递")
    is_demo = True


def way_of_parcel(number: int) -> tuple[Step, ...]:
    """The scans that a parcel gets, by its key: the same parcel comes the same way."""
    return (*WAY[:4], PROBLEM, *WAY[3:]) if number % PROBLEM_EVERY == 0 else WAY
