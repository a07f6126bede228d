"""What the shop agrees to when goods come back: how many, where to and until when; and the form sales open a case by."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from orders.errors import GuardFailed
from orders.models import AfterSalesCase, Order, Status
from orders.selectors.todo import todo_list
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.orders import ItemInput
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import ShopSettings, shop_settings
from tests.factories import VariantFactory, make_order
from tests.messaging.pictures import picture, upload

pytestmark = pytest.mark.django_db

NEW_HOME = "陈师傅 020-88886666 广州市白云区机场路 1 号仓库"


@pytest.fixture
def delivered(customer, sales, time_machine) -> Order:
    """Four of one at 199 and two of another at 100."""
    items = [ItemInput(VariantFactory().sku, 4), ItemInput(VariantFactory(price="100.00").sku, 2)]
    return make_order(customer=customer, items=items, status=Status.DELIVERED, assigned_to=sales)


def open_case_for(order: Order, kind: str = "return", wanted_sku: str = "") -> AfterSalesCase:
    lines = [CaseLine(line.pk, line.quantity, wanted_sku or line.sku) for line in order.lines.order_by("pk")]
    wanted = CaseInput(kind, "damaged", lines)
    return open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=wanted)


def lines_of(case: AfterSalesCase) -> list[tuple[int, int | None]]:
    return list(case.lines.order_by("pk").values_list("quantity", "asked"))


def test_an_approved_return_names_the_return_address_and_a_deadline(delivered, manager, time_machine) -> None:
    time_machine.move_to("2026-11-29T10:00:00+08:00", tick=False)
    ShopSettings.objects.update_or_create(
        pk=1,
        defaults={
            "return_address": "广州市白云区机场路 1 号",
            "return_receiver": "陈师傅",
            "return_within_days": 5,
        },
    )
    case = approve_case(actor=Actor.staff(manager), case_id=open_case_for(delivered).pk, answer="可以退")

    assert (case.return_to, case.return_by) == ("陈师傅 广州市白云区机场路 1 号", date(2026, 12, 4))
    said = delivered.conversation.messages.filter(data__event="order.after_sales").order_by("seq").last()
    assert "可以退；请在 12-04 前寄到：陈师傅 广州市白云区机场路 1 号" in said.body


def test_a_return_cannot_be_approved_without_a_return_address(delivered, log_in, manager) -> None:
    case, desk = open_case_for(delivered), log_in(manager)
    assert shop_settings().return_to == ""

    answer = desk.post(f"/orders/after-sales/{case.pk}/approve/", {"amount": ""}, follow=True)
    case.refresh_from_db()
    assert ("请填写客户把货寄到哪里" in answer.text, case.state) == (True, "applied")

    desk.post(f"/orders/after-sales/{case.pk}/approve/", {"amount": "", "return_to": NEW_HOME})
    case.refresh_from_db()
    assert (case.state, case.return_to) == ("waiting_return", NEW_HOME)


def test_the_customer_sees_the_return_address_and_the_deadline(
    delivered, client, manager, time_machine
) -> None:
    time_machine.move_to("2026-11-29T10:00:00+08:00", tick=False)
    approve_case(actor=Actor.staff(manager), case_id=open_case_for(delivered).pk, return_to=NEW_HOME)
    token = link_token(make_link(customer=delivered.customer, order_id=delivered.pk))

    page = client.get(f"/o/{token}/after-sales/").text

    assert NEW_HOME in page
    assert "请在 12-06 前寄出" in page


def test_a_partly_approved_return_is_worth_the_approved_pieces(delivered, manager) -> None:
    case = open_case_for(delivered)
    four, two = case.lines.order_by("pk")

    case = approve_case(
        actor=Actor.staff(manager), case_id=case.pk, pieces={four.pk: 1, two.pk: 0}, return_to=NEW_HOME
    )

    assert (lines_of(case), case.amount) == ([(1, 4)], Decimal("199.00"))
    said = delivered.conversation.messages.filter(data__event="order.after_sales").order_by("seq").last()
    assert "同意 1 件（申请 4 件）" in said.body
    assert "同意 0 件（申请 2 件）" in said.body


@pytest.mark.parametrize(
    ("agreed", "name"),
    [((5, 2), "quantity_invalid"), ((-1, 2), "quantity_invalid"), ((0, 0), "lines_required")],
)
def test_an_approved_quantity_must_be_between_one_and_the_claimed_quantity(
    delivered, manager, agreed, name
) -> None:
    case = open_case_for(delivered)
    pieces = dict(zip(case.lines.order_by("pk").values_list("pk", flat=True), agreed, strict=True))

    with pytest.raises(GuardFailed) as refused:
        approve_case(actor=Actor.staff(manager), case_id=case.pk, pieces=pieces)

    assert refused.value.names == [name]
    assert lines_of(case) == [(4, None), (2, None)]


def test_the_desk_recalculates_a_partial_approval_unless_a_sum_was_typed(delivered, log_in, manager) -> None:
    desk = log_in(manager)
    for typed, amount in (("996.00", Decimal("398.00")), ("350", Decimal("350.00"))):
        AfterSalesCase.objects.all().delete()
        case = open_case_for(delivered)
        four, two = case.lines.order_by("pk")
        sent = {"amount": typed, f"pieces-{four.pk}": "2", f"pieces-{two.pk}": "0", "return_to": NEW_HOME}
        desk.post(f"/orders/after-sales/{case.pk}/approve/", sent)
        case.refresh_from_db()
        assert (case.state, case.amount) == ("waiting_return", amount)


def test_a_return_is_not_displayed_as_an_exchange(delivered, log_in, manager) -> None:
    case = open_case_for(delivered)

    assert list(case.lines.values_list("wanted", flat=True)) == [None, None]
    page = log_in(manager).get(f"/orders/{delivered.number}/").text
    assert "→ <b>" not in page[page.index(f'id="case-{case.pk}"') :].split("</section>")[0]


def test_a_return_not_sent_by_its_deadline_becomes_a_task_for_sales(
    delivered, sales, manager, time_machine
) -> None:
    approve_case(actor=Actor.staff(manager), case_id=open_case_for(delivered).pk, return_to=NEW_HOME)
    seller = Actor.staff(sales)
    day = AfterSalesCase.objects.get().return_by

    assert todo_list(seller) == []
    AfterSalesCase.objects.update(return_by=day - timedelta(days=8))
    assert [todo.kind for todo in todo_list(seller)] == ["late_return"]


def test_sales_can_open_a_case_with_amounts_and_pictures(delivered, log_in, manager) -> None:
    desk, path = log_in(manager), f"/orders/{delivered.number}/after-sales/"

    page = desk.get(path).text
    assert "客户要" in page
    assert "我想要" not in page
    assert "每件 ¥199.00" in page
    line = delivered.lines.order_by("pk").first()
    sent = {
        f"quantity-{line.pk}": "1",
        "kind": "refund",
        "reason": "damaged",
        "note": "拉链坏了",
        "key": "k-1",
    }
    for _again in range(2):
        answer = desk.post(path, sent | {"pictures": [upload(picture(), "zip.jpg")]})
        assert answer.status_code == 302

    case = AfterSalesCase.objects.get()
    assert (case.asked_by, len(case.pictures), case.amount) == (manager.display_name, 1, Decimal("199.00"))
    assert delivered.conversation.messages.filter(kind="image").count() == 1
    assert "拉链坏了" in desk.get(f"/orders/{delivered.number}/").text


def test_staff_complete_a_delivered_order(delivered, log_in, sales, warehouse) -> None:
    desk = log_in(sales)
    assert "完成订单" in desk.get(f"/orders/{delivered.number}/").text

    answer = desk.post(f"/orders/{delivered.number}/to/completed/", {"version": delivered.version})

    delivered.refresh_from_db()
    assert (answer.status_code, delivered.status) == (302, Status.COMPLETED)


def test_staff_cannot_complete_an_order_with_an_open_case(delivered, sales) -> None:
    open_case_for(delivered)

    with pytest.raises(GuardFailed) as refused:
        transition_order(actor=Actor.staff(sales), order_id=delivered.pk, to=Status.COMPLETED)

    assert refused.value.names == ["after_sales_open"]


def test_the_desks_reorder_form_is_filled_in_at_todays_prices(delivered, log_in, sales, customer) -> None:
    first, second = delivered.lines.order_by("pk")
    second.variant.is_active = False
    second.variant.save()
    desk = log_in(sales)
    again = f"/orders/new/?again={delivered.number}"
    assert again.replace("&", "&amp;") in desk.get(f"/orders/{delivered.number}/").text

    page = desk.get(again).text

    assert f'value="{first.sku}"' in page
    assert f'value="{second.sku}"' not in page
    assert f"没有带过来：{second.name}" in page
    for value in (customer.phone, customer.name):
        assert f'value="{value}"' in page
    assert f">{delivered.street}</textarea>" in page
    assert Order.objects.count() == 1
