"""The number of what waits is prepared once for all who are treated alike: it is that of the rows, for each of them."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db.models import DateField
from django.utils import timezone

from messaging.services.messages import send_message
from orders.models import AfterSalesCase, ChangeRequest, Handler, Order
from orders.policies.parcel_way import Scan
from orders.selectors import todo
from orders.selectors.todo import count_todo, todo_list
from orders.selectors.todo_rows import TodoKind, TodoSource
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case, reject_case
from orders.services.change_requests.request import request_change
from orders.services.orders import ItemInput
from orders.services.quotes import QuoteInput, make_quote, send_quote
from orders.services.shortages import report_missing
from orders.services.tracking import record_scans
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.database.prepared import NOW, Given, PreparedCount, ask_numbers
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.factories import StaffFactory, make_order, move

pytestmark = pytest.mark.django_db

# A Monday morning in Shanghai, in the shop's hours.
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.get_fixed_timezone(480))
# Before any of it, while it is new, when quotes run out and deposits are late, and when nobody looks any more. The third is
# already the next day in the shop, and not yet by the clock of the database.
MOMENTS = [
    NINE + timedelta(hours=hours) for hours in (-300, 0.2, 16, 26, 24 * 8 - 8.5, 24 * 9, 24 * 29, 24 * 40)
]


@pytest.fixture
def shop_with_work(time_machine, customer, sales, other_sales, manager, warehouse) -> None:
    """Each kind of work for two in sales and for nobody in particular."""
    time_machine.move_to(NINE, tick=False)
    for seller in (sales, other_sales, None):
        make_work(customer, seller, Actor.staff(manager), Actor.staff(warehouse))
    cases = AfterSalesCase.objects.filter(state="rejected")
    cases.update(appealed=True, state="applied")


def make_work(customer: Customer, seller: Staff | None, boss: Actor, picker: Actor) -> None:
    asker, own = Actor.customer(customer), {"customer": customer, "assigned_to": seller}
    paid, short, picking = (make_order(status=status, **own) for status in ("paid", "paid", "picking"))
    send_message(
        actor=asker,
        conversation_id=paid.conversation.pk,
        client_id=uuid4(),
        kind="text",
        body="今天能发吗",
    )
    report_missing(actor=picker, line_id=short.lines.get().pk, missing=1)
    request_change(actor=asker, order_id=paid.pk, kind="items", data=fewer(paid))
    request_change(actor=asker, order_id=picking.pk, kind="items", data=fewer(picking))
    ChangeRequest.objects.filter(order=picking).update(handler=Handler.WAREHOUSE, escalated_at=NINE)
    claim(make_order(status="delivered", **own))
    approve_case(actor=boss, case_id=claim(make_order(status="delivered", **own)).pk)
    back = claim(make_order(status="delivered", **own), kind="return")
    approve_case(actor=boss, case_id=back.pk, return_to="广州市白云区机场路 1 号")
    appealed = claim(make_order(status="delivered", **own))
    reject_case(actor=Actor.staff(seller) if seller else boss, case_id=appealed.pk, reason="照片里看不出")
    move(make_order(status="paid", **own), "refunding", reason="不要了")
    move(make_order(**own), "paid", amount="1.00", reference=f"D-{uuid4()}")
    wanted = QuoteInput([ItemInput(paid.lines.get().sku, 1)], valid_until=NINE + timedelta(days=2))
    quote = make_quote(actor=Actor.staff(seller) if seller else boss, customer=customer, wanted=wanted)
    send_quote(actor=boss, quote_id=quote.pk)
    trouble(make_order(status="shipped", **own))
    InboundRecord.objects.create(
        connection=webhook_source(),
        message_id=uuid4().hex,
        body={},
        state=InboundRecord.State.PARKED,
        received_at=NINE,
    )


def trouble(order: Order) -> None:
    scan = Scan(NINE, "problem", "地址不详")
    record_scans(actor=Actor.system(), shipment_id=order.shipments.get().pk, scans=[scan])


def fewer(order: Order) -> dict[str, list[dict[str, object]]]:
    return {"items": [{"sku": order.lines.get().sku, "quantity": 1}]}


def claim(order: Order, kind: str = "refund") -> AfterSalesCase:
    reason = "missing" if kind == "refund" else "damaged"
    wanted = CaseInput(kind, reason, [CaseLine(order.lines.get().pk, 1)])
    return open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=wanted)


@pytest.mark.parametrize("sees_all", [False, True])
def test_the_badge_number_equals_the_listed_rows_for_everybody(
    sees_all, shop_with_work, sales, other_sales, manager, warehouse
) -> None:
    ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": sees_all})
    readers = [Actor.staff(each) for each in (sales, other_sales, StaffFactory(role="sales"), manager)]
    readers += [Actor.staff(warehouse), Actor.system()]
    listed = {
        (reader.who, now): todo_list(reader, now=now) for now in MOMENTS for reader in [*readers, readers[0]]
    }

    counted = {(reader.who, now): count_todo(reader, now=now) for now in MOMENTS for reader in readers}

    assert counted == {key: len(rows) for key, rows in listed.items()}
    # The rows hold each kind of work, and some of it for one alone: what was prepared for one would be wrong for another.
    assert {row.kind for rows in listed.values() for row in rows} == set(TodoKind)
    mine, others = ({row.pk for row in listed[reader.who, MOMENTS[1]]} for reader in readers[:2])
    assert mine - others
    assert others - mine


def test_the_badge_counts_up_to_the_list_limit(monkeypatch, shop_with_work, manager) -> None:
    monkeypatch.setattr(todo, "MOST", 2)
    todo._prepared_count.cache_clear()
    boss = Actor.staff(manager)

    assert count_todo(boss) == len(todo_list(boss)) == 2 * len({row.kind for row in todo_list(boss)})
    todo._prepared_count.cache_clear()


def test_a_prepared_statement_is_built_once_for_actors_treated_alike(shop_with_work) -> None:
    asked: list[Actor] = []

    def waiting(actor: Actor, now: datetime):
        asked.append(actor)
        return Order.objects.filter(assigned_to=actor.id, placed_at__lte=now)

    sources = (TodoSource(waiting, lambda row: row),)
    people = [Actor.staff(StaffFactory(role=role)) for role in ("sales", "sales", "manager", "manager")]

    for person in people:
        todo._prepared_count(actor_with_given_keys(person), sources)

    assert [actor.role for actor in asked] == ["sales", "manager"]
    assert {actor.name for actor in asked} == {""}


def test_a_given_value_may_be_used_in_expressions_and_several_times(sales) -> None:
    make_order(assigned_to=sales)
    day = Given("day", DateField())
    found = Order.objects.filter(placed_at__date=day, placed_at__lte=NOW - timedelta(hours=1))
    counted = PreparedCount.of([found, Order.objects.none(), found.exclude(placed_at__gt=NOW)], most=10)
    now = timezone.now()

    today, later = timezone.localdate(now), now + timedelta(hours=2)

    asked = [(today, now), (today, later), (today - timedelta(days=1), later)]
    assert ask_numbers(*(counted.given(day=day, now=moment) for day, moment in asked)) == [0, 2, 0]


def test_an_empty_queryset_sends_no_query(django_assert_num_queries) -> None:
    counted = PreparedCount.of([Order.objects.none()], most=10)
    with django_assert_num_queries(0):
        assert ask_numbers(counted.given(), counted.given()) == [0, 0]
