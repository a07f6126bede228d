import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from orders.models import Order, Shipment, Status
from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.couriers.services.accounts import Wanted, create_account
from tests.factories import make_address, make_order, move, parcel
from tests.integrations.webhooks_out.receiver import Got, Receiver, Reply

KEY, CUSTOMER, SALT = "kd-key-4711", "KDCUSTOMER01", "pepper0815"


def answered(body: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


@dataclass
class Service:
    """A tracking service on this machine: what it was asked, and how it answers by path."""

    http: Receiver
    answers: dict[str, Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http.answer = lambda got: self.answers.get(got.path, Reply(404))

    @property
    def address(self) -> str:
        return f"http://{self.http.host}"

    def asked(self, path: str) -> list[Got]:
        return [got for got in self.http.got if got.path == path]

    def form(self, path: str) -> dict[str, str]:
        """The fields of the last form that was sent to a path."""
        return {name: values[0] for name, values in parse_qs(self.asked(path)[-1].body.decode()).items()}


@pytest.fixture
def service(settings) -> Iterator[Service]:
    receiver = Receiver()
    settings.COURIER_ALLOWED_HOSTS = [receiver.host]
    yield Service(receiver)
    receiver.close()


@pytest.fixture
def kuaidi100(db, service: Service) -> CourierAccount:
    credentials = {"key": KEY, "customer": CUSTOMER, "salt": SALT}
    wanted = Wanted("快递100", credentials=credentials, address=service.address)
    return create_account(adapter="kuaidi100", wanted=wanted)


@pytest.fixture
def seventeen(db, service: Service) -> CourierAccount:
    wanted = Wanted("17TRACK", credentials={"key": KEY}, address=service.address)
    return create_account(adapter="17track", wanted=wanted)


@pytest.fixture
def ship(customer) -> Callable[..., Shipment]:
    """A parcel that has just left."""

    def make(carrier: str = "yuantong", number: str = "YT8812345678901", **fields: Any) -> Shipment:
        order = make_order(status=Status.PICKING, customer=customer, address=make_address(), **fields)
        move(order, "shipped", **parcel(carrier=carrier, tracking_number=number))
        return Shipment.objects.get(order=order)

    return make


def order_of(shipment: Shipment) -> Order:
    return Order.objects.get(pk=shipment.order_id)
