"""The cast: two in sales, one in the warehouse, a manager, a customer with an order, an integration, a server."""

import gc
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from django.db import connection
from django.test import Client
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from orders.models import Order, Variant
from orders.services.orders import ItemInput
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.accounts.proofs import MY_SESSION_KEY
from shopcomm.core.accounts.services.api_keys import create_api_key
from tests.empty_database import empty_quickly
from tests.factories import CustomerFactory, StaffFactory, VariantFactory, make_order
from tests.kept_files import KeptFiles
from tests.migrating import Migrating
from tests.row_locks import rows_locked_before_they_change

# The same draws each time: what fails here is a fault of the change at hand, never of chance. To look for what no draw
# has shown yet: `pytest --hypothesis-profile=explore`, as often as wanted, or with a `--hypothesis-seed` of one's own.
hypothesis_settings.register_profile("explore", derandomize=False)
hypothesis_settings.register_profile("suite", derandomize=True)
hypothesis_settings.load_profile("suite")


# Nothing that is made while tests are collected goes before the end: to look through it again and again takes each worker
# a third of the time.
gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.enable()


def pytest_itemcollected(item: pytest.Item) -> None:
    """All faults are for one worker, which starts the product once and waits most of the time: others have its core."""
    if "faults" in item.path.parts:
        item.add_marker(pytest.mark.xdist_group("faults"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that the other workers do the rest meanwhile; browser tests last.

    Playwright leaves its event loop running in the process, where no other may start.
    """
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, ...]:
    parts = item.path.parts
    longest, last = (item.get_closest_marker(name) is not None for name in ("longest", "last"))
    return "browser" in parts, "faults" not in parts, not longest, last


@pytest.fixture(scope="session")
def migrating(
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> Migrating | None:
    """Begun before the database is made; None for a run of one worker, or on a database that is kept."""
    if worker_id == "master" or django_db_keepdb:
        return None
    migrating = Migrating(tmp_path_factory.getbasetemp().parent)
    migrating.begin()
    return migrating


@pytest.fixture(scope="session")
def django_db_setup(
    migrating: Migrating | None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Threads of a live server keep their sessions; at the very end the database is dropped all the same."""
    with django_db_blocker.unblock():
        if migrating:
            migrating.end()
        empty_quickly()
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if migrating:
            migrating.tidy()


@pytest.fixture(autouse=True)
def rows_are_locked_before_they_change(request: pytest.FixtureRequest) -> Iterator[None]:
    """Orders, stock and conversations are locked before they change, and in one order, whatever a test is about."""
    if not (
        request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & {*request.fixturenames}
    ):
        yield
        return
    # The transaction around the test is not the service's.
    request.getfixturevalue("db")
    with rows_locked_before_they_change() as wrong:
        yield
    assert wrong == []


@pytest.fixture
def sales(db: None) -> Staff:
    return StaffFactory(username="zhoumin", display_name="周敏", role="sales")


@pytest.fixture
def other_sales(db: None) -> Staff:
    return StaffFactory(username="chenwei", display_name="陈伟", role="sales")


@pytest.fixture
def warehouse(db: None) -> Staff:
    return StaffFactory(username="liqiang", display_name="李强", role="warehouse")


@pytest.fixture
def manager(db: None) -> Staff:
    return StaffFactory(username="wangfang", display_name="王芳", role="manager")


@pytest.fixture
def customer(db: None) -> Customer:
    return CustomerFactory(name="吴丽华", phone="+8613800138000")


@pytest.fixture
def other_customer(db: None) -> Customer:
    return CustomerFactory(name="赵国强", phone="+8613900139000")


@pytest.fixture
def variant(db: None) -> Variant:
    return VariantFactory(sku="DJX-20-BLK", on_hand=100)


@pytest.fixture
def order(customer: Customer, variant: Variant) -> Order:
    """Two of the variant for the customer, not paid yet, assigned to nobody."""
    return make_order(customer=customer, items=[ItemInput(variant.sku, 2)])


@pytest.fixture
def as_actor():
    """Turns a member of staff, a customer or a role's name into an actor."""

    def turn(who: Staff | Customer | str, *, order_id: int = 0) -> Actor:
        if isinstance(who, Staff):
            return Actor.staff(who)
        if isinstance(who, Customer):
            return Actor.customer(who, order_id=order_id)
        return Actor.system() if who == "system" else Actor.staff(StaffFactory(role=who))

    return turn


@pytest.fixture
def api_key(db: None) -> str:
    """The secret of a key with every scope."""
    return create_api_key(name="测试接口", scopes=["*"])[1]


@pytest.fixture
def api(api_key: str) -> Client:
    """A client that calls the REST interface with that key; JSON both ways."""
    return Client(headers={"authorization": f"Bearer {api_key}"})


@pytest.fixture
def log_in(client: Client):
    """Logs a member of staff in at the test client, and answers the client."""

    def enter(staff: Staff) -> Client:
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def phone_of():
    """A client whose session has proved a customer's phone by a code."""

    def enter(customer: Customer) -> Client:
        client = Client()
        session = client.session
        session[MY_SESSION_KEY] = [customer.pk, customer.phone]
        session.save()
        client.cookies["sessionid"] = session.session_key
        return client

    return enter


@pytest.fixture
def phone(phone_of, customer: Customer) -> Client:
    """The customer's own."""
    return phone_of(customer)


@dataclass(frozen=True)
class LiveServer:
    """The whole product on a port of its own."""

    url: str
    port: int

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"


@pytest.fixture
def live(transactional_db: None) -> Iterator[LiveServer]:
    """Uvicorn with the real application in a thread; it sees what the test commits."""
    from shopcomm.asgi import application

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    served = KeptFiles(application)
    config = uvicorn.Config(
        served, log_level="warning", lifespan="off", ws="shopcomm.core.http.ready_frames:ReadyFramesProtocol"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    yield LiveServer(f"http://127.0.0.1:{port}", port)
    server.should_exit = True
    thread.join(10)
    listener.close()
