"""What a screen of the stockroom is told when something has happened: what is otherwise, and nothing else."""

import re
from collections.abc import Callable
from itertools import permutations
from typing import NamedTuple

import pytest
from django.test import Client

from orders.models import Order, Status
from orders.selectors import board as board_columns
from orders.selectors.board import COLUMNS, Entry
from orders.selectors.visibility import orders_visible_to, visible_orders_sql
from orders.services.change_requests.request import request_change
from orders.services.editing import edit_order
from orders.services.orders import ItemInput
from orders.services.urges import urge_order
from orders.services.warehouse import acknowledge_alert, acknowledge_order, tick_line
from orders.views.board import difference_of
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import ShopSettings
from tests.factories import VariantFactory, integration, make_order, make_orders, move

pytestmark = pytest.mark.django_db
URL = "/warehouse/"
OPEN_ORDERS = 500


class Part(NamedTuple):
    """A column or the notices as a screen shows them: marks of the head and the pages, cards by their marks."""

    head: str
    pages: str
    cards: dict[str, str]
    head_drawn: str
    pages_drawn: str


class Screen:
    """A browser with the board open, which does with an answer what its script does."""

    def __init__(self, browser: Client, number: str = "") -> None:
        self.browser, self.asked = browser, {"order": number}
        self.show(browser.get(URL, self.asked).text)

    def show(self, html: str) -> None:
        """All of it."""
        html = without_tokens(html)
        self.parts = {key: part_of(html, key) for key in (*COLUMNS, "notices")}
        self.hand = hand_in(html) or ("", "")
        self.figures = figures_in(html)

    @property
    def shown(self) -> str:
        parts = [self.parts[key] for key in (*COLUMNS, "notices")]
        if not parts[0].head:
            return ""
        told = [" ".join(filter(None, [each.head, each.pages, *each.cards])) for each in parts]
        return ";".join([*told, self.hand[0]])

    def look(self) -> bytes:
        """Ask for what is otherwise, and show it."""
        answer = self.browser.get(URL, self.asked, headers={"x-fragment": "board", "x-shown": self.shown})
        html = without_tokens(answer.text)
        if "data-board" in html:
            self.show(html)
        else:
            self.figures = figures_in(html)
            for key in re.findall(r'<section\s+data-part="(\w+)"', html):
                self.parts[key] = self.renewed(key, html)
            self.hand = hand_in(html) or self.hand
        return answer.content

    def renewed(self, key: str, html: str) -> Part:
        old, fresh = self.parts[key], part_of(html, key)
        opening = re.search(rf'data-part="{key}"\s+data-gone="(.*?)"\s+data-places="(.*?)"', html)
        assert opening
        rows = [row for row in old.cards.items() if row[0] not in opening[1].split()]
        for place in opening[2].split():
            mark, at = place.split("=")
            rows.insert(int(at), (mark, fresh.cards[mark]))
        pages = fresh if fresh.pages else old
        return Part(fresh.head, pages.pages, dict(rows), fresh.head_drawn, pages.pages_drawn)


def without_tokens(html: str) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", html)


def part_of(html: str, key: str) -> Part:
    part = re.search(rf'<(section|details)[^>]*?data-part="{key}".*?</\1>', html, re.DOTALL)
    if part is None:
        return Part("", "", {}, "", "")
    cards = re.findall(r'<(li|article)([^>]*data-mark="(.*?)".*?)</\1>', part[0], re.DOTALL)
    head = re.search(r'<(header|summary)[^>]*data-head="(.*?)".*?</\1>', part[0], re.DOTALL)
    pages = re.search(r'<nav[^>]*data-pages="(.*?)".*?</nav>', part[0], re.DOTALL)
    assert head
    return Part(
        head[2],
        pages[1] if pages else "",
        {mark: " ".join(card.split()) for _tag, card, mark in cards},
        " ".join(head[0].split()),
        " ".join(pages[0].split()) if pages else "",
    )


def hand_in(html: str) -> tuple[str, str] | None:
    """The mark of the order in hand, and its panel; None where none is drawn."""
    found = re.search(r'data-hand\s*(?:data-mark="(.*?)")?\s*>(.*)', html, re.DOTALL)
    if found is None:
        return None
    return (found[1], " ".join(found[2].partition("</section>")[0].split())) if found[1] else ("", "")


def figures_in(html: str) -> str:
    found = re.search(r"<p[^>]*data-figures.*?</p>", html, re.DOTALL)
    assert found
    return " ".join(found[0].split())


@pytest.fixture
def packer(as_actor) -> Actor:
    return as_actor("warehouse")


def full_shop() -> dict[str, list[Order]]:
    """More orders in each column than a page of two shows."""
    return {status: make_orders(3, status=status) for status in (Status.PAID, Status.PICKING, Status.SHIPPED)}


def pack(shop: dict[str, list[Order]], packer: Actor) -> None:
    line = shop[Status.PICKING][0].lines.get()
    tick_line(actor=packer, line_id=line.pk, picked=line.quantity)


def ask_for_address(shop: dict[str, list[Order]], packer: Actor) -> None:
    order = shop[Status.PICKING][1]
    customer = Actor.customer(order.customer, order_id=order.pk)
    request_change(actor=customer, order_id=order.pk, kind="address", data={"street": "文一西路 969 号"})


def see_change(shop: dict[str, list[Order]], packer: Actor) -> None:
    order = shop[Status.PICKING][0]
    edit_order(actor=integration(), order_id=order.pk, version=None, changes={"urgent": True})
    acknowledge_alert(actor=packer, alert_id=order.alerts.get().pk)


def count_a_piece(shop: dict[str, list[Order]], packer: Actor) -> None:
    order = make_order(status=Status.PICKING, urgent=True, items=[ItemInput(VariantFactory().sku, 3)])
    tick_line(actor=packer, line_id=order.lines.get().pk, picked=1)


def edit(changes: dict[str, object], status: str) -> Callable[[dict[str, list[Order]], Actor], object]:
    return lambda shop, _packer: edit_order(
        actor=integration(), order_id=shop[status][-1].pk, version=None, changes=changes
    )


HAPPENINGS: dict[str, Callable[[dict[str, list[Order]], Actor], object]] = {
    "nothing": lambda shop, packer: None,
    "an order comes in": lambda shop, packer: make_order(status=Status.PAID),
    "an urgent one comes in": lambda shop, packer: make_order(status=Status.PAID, urgent=True),
    "one is seen": lambda shop, packer: acknowledge_order(actor=packer, order_id=shop[Status.PAID][0].pk),
    "one is begun": lambda shop, packer: move(shop[Status.PAID][0], Status.PICKING, actor=packer),
    "one beyond the page is begun": lambda shop, packer: move(shop[Status.PAID][2], Status.PICKING),
    "one is put back": lambda shop, packer: move(shop[Status.PICKING][0], Status.PAID),
    "a piece is counted": count_a_piece,
    "one is packed": pack,
    "one arrives": lambda shop, packer: move(shop[Status.SHIPPED][2], Status.DELIVERED),
    "one becomes urgent": edit({"urgent": True}, Status.PICKING),
    "one of the next page becomes urgent": edit({"urgent": True}, Status.PAID),
    "a note is changed": edit({"note": "周末不收货"}, Status.PICKING),
    "a change is seen": see_change,
    "the customer asks for another address": ask_for_address,
    "the customer presses": lambda shop, packer: urge_order(
        actor=Actor.customer(shop[Status.PICKING][0].customer), order_id=shop[Status.PICKING][0].pk
    ),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
@pytest.mark.parametrize(("page", "in_hand"), [(40, False), (2, False), (2, True)])
def test_a_part_that_is_drawn_for_an_event_equals_what_the_whole_page_draws(
    log_in, warehouse, packer, monkeypatch, happening: str, page: int, in_hand: bool
) -> None:
    monkeypatch.setattr(board_columns, "COLUMN_PAGE", page)
    shop = full_shop()
    screen = Screen(log_in(warehouse), shop[Status.PICKING][0].number if in_hand else "")

    HAPPENINGS[happening](shop, packer)
    screen.look()

    anew = Screen(screen.browser, screen.asked["order"])
    assert screen.parts == anew.parts
    for key, part in screen.parts.items():
        assert list(part.cards) == list(anew.parts[key].cards)
    assert (screen.hand, screen.figures) == (anew.hand, anew.figures)


def test_a_screen_without_orders_is_given_the_whole_board_when_one_comes_and_when_the_last_leaves(
    log_in, warehouse
) -> None:
    screen = Screen(log_in(warehouse))

    order = make_order(status=Status.PAID)
    assert b"data-board" in screen.look()
    assert order.number in str(screen.parts["new"])
    Order.objects.update(status=Status.CANCELLED)
    assert "没有要配的货" in screen.look().decode()


@pytest.mark.parametrize("said", ["", "nothing", ";" * 9, "1;2;3"])
def test_a_screen_that_says_nothing_readable_is_given_the_whole_board(log_in, warehouse, said: str) -> None:
    make_order(status=Status.PAID)

    answer = log_in(warehouse).get(URL, headers={"x-fragment": "board", "x-shown": said})

    assert "data-board" in answer.text


def test_a_board_of_500_orders_is_drawn_in_eight_queries_and_an_event_shown_in_seven_and_five_kilobytes(
    log_in, warehouse, packer, django_assert_max_num_queries
) -> None:
    orders = [make_order(status=Status.PAID)]
    few = make_orders(50, status=Status.PICKING)
    copy_orders(orders[0], OPEN_ORDERS - len(few) - 1)
    browser = log_in(warehouse)
    browser.get(URL)

    with django_assert_max_num_queries(8):
        whole = browser.get(URL)
    screen = Screen(browser)
    assert len(screen.parts["new"].cards) == len(screen.parts["picking"].cards) == board_columns.COLUMN_PAGE
    assert len(whole.content) < 200_000

    move(orders[0], Status.PICKING, actor=packer)
    with django_assert_max_num_queries(7):
        told = screen.look()
    assert len(told) <= 5000
    assert screen.parts == Screen(browser).parts


def copy_orders(order: Order, count: int) -> None:
    """So many more like it, with a line each."""
    line = order.lines.get()
    made = [Order(**values_of(order) | {"number": f"COPY-{n:04}"}) for n in range(count)]
    lines = [type(line)(**values_of(line) | {"order": each}) for each in Order.objects.bulk_create(made)]
    type(line).objects.bulk_create(lines)


def values_of(row: Order) -> dict[str, object]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in ("id", "order")
    }


def test_what_stays_keeps_its_place_and_what_changed_order_is_drawn_anew() -> None:
    names = ["1.1", "2.1", "3.1", "4.1"]
    wanted = [Entry(n, name) for n, name in enumerate(names)]
    for count in range(len(names) + 1):
        for shown in permutations([*names, "9.9"], count):
            difference = difference_of(shown, wanted)
            rows = [mark for mark in shown if mark not in difference.gone]
            for place, entry in difference.fresh:
                rows.insert(place, entry.mark)
            assert rows == names
    assert not difference_of(names, wanted)


@pytest.mark.parametrize("sees_all", [True, False])
def test_written_out_visibility_finds_the_same_orders_as_the_queryset(as_actor, sees_all: bool) -> None:
    ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": sees_all})
    for status in Status:
        make_order(status=status)
    mine = make_order()
    readers = [as_actor(role) for role in ("sales", "warehouse", "manager")]
    Order.objects.filter(pk=mine.pk).update(assigned_to=readers[0].id)
    for reader in [*readers, Actor.system(), integration(), Actor.customer(mine.customer)]:
        condition, values = visible_orders_sql(reader)
        found = Order.objects.raw(f"SELECT id FROM orders_order WHERE {condition}", values)
        assert {order.pk for order in found} == set(orders_visible_to(reader).values_list("pk", flat=True))
