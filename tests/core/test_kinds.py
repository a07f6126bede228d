"""A kind of fact is declared once, and a row of the log is read back as the fact it was written from, however old it is."""

from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from messaging.models import NotificationRule, Trigger
from messaging.policies.notifications.triggers import ABOUT_SHOP, TIMERS
from orders import events
from orders.events.base import OrderEvent
from orders.models import Status
from orders.selectors.timeline import order_timeline
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER
from shopcomm.core.events import kinds
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.kinds import SHOP, UndeclaredKind, UnknownFact, UnknownField, all_kinds
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import event_row
from shopcomm.core.realtime import without_pushes
from shopcomm.core.ui.icons import symbol_names

MOVE = {"number": "XB-1", "version": 3, "status_from": "paid", "status_to": "paid"}
TEXT = st.sampled_from(["", "0.00", "12.50", "-3.00", "转账：微信 ’"])
OUR_KINDS = [kind for kind in all_kinds() if kind.__module__.startswith("orders.events.")]


@given(
    order_id=st.integers(1, 2**60),
    amount=TEXT,
    method=TEXT,
    balance=TEXT,
    late=st.booleans(),
    version=st.integers(),
)
def test_a_published_fact_is_read_back_equal(order_id, amount, method, balance, late, version):
    fact = events.PaymentRecorded(
        **MOVE | {"version": version},
        order_id=order_id,
        amount=amount,
        method=method,
        balance=balance,
        late=late,
    )
    row = event_row(fact, actor=Actor.system())
    assert row.fact == fact
    assert fact_of(row, events.OrderPaid, events.PaymentRecorded) == fact


def test_a_row_of_another_kind_cannot_be_read_as_this_fact():
    row = event_row(events.OrderDelivered(**MOVE, order_id=7), actor=Actor.system())
    assert fact_of(row, events.OrderPaid, events.OrderChanged) is None


@pytest.mark.parametrize("data", [{"note": "急"}, {"note": "急", "balance": None, "before": None}])
def test_a_row_older_than_its_class_takes_the_defaults_of_new_fields(data):
    row = DomainEvent(type="order.changed", order_id=7, data=data)
    assert row.fact == events.OrderChanged(
        order_id=7, number="", version=0, status_from="", status_to="", note="急", balance="", before={}
    )


def test_an_unknown_field_is_refused_at_publish_and_at_read():
    with pytest.raises(TypeError, match="colour"):
        events.OrderDelivered(**MOVE, colour="red")
    row = DomainEvent(type="order.delivered", order_id=7, data=MOVE | {"colour": "red"})
    with pytest.raises(UnknownField, match=r"order\.delivered has no field colour"):
        _ = row.fact


def test_pages_show_an_unreadable_row_by_its_name_and_all_other_rows(order, client, manager):
    row = DomainEvent.objects.filter(order_id=order.pk).earliest("pk")
    DomainEvent.objects.create(
        type="order.delivered", order_id=order.pk, data=MOVE | {"colour": "red", "version": 9}
    )
    said = [entry.text for entry in order_timeline(order)]
    assert row.fact.timeline_text() in said
    assert "order.delivered" in said
    assert "order.delivered" not in [entry.text for entry in order_timeline(order, audience=CUSTOMER)]
    client.force_login(manager)
    for page in (f"/orders/{order.number}/", f"/orders/{order.number}/notices/"):
        assert client.get(page).status_code == 200


def test_a_removed_field_is_ignored_where_its_kind_declares_it(monkeypatch):
    monkeypatch.setattr(events.OrderDelivered, "retired", frozenset({"colour"}))
    row = DomainEvent(type="order.delivered", order_id=7, data=MOVE | {"colour": "red"})
    assert row.fact == events.OrderDelivered(**MOVE, order_id=7)


def test_a_row_of_a_removed_kind_is_read_by_name_and_shown_to_the_shop_alone():
    fact = DomainEvent(type="order.dreamt_of", order_id=7, data={"whatever": 1}).fact
    assert fact == UnknownFact(name="order.dreamt_of", order_id=7)
    assert (fact.timeline_text(), fact.audience, fact.triggered("staff")) == ("order.dreamt_of", SHOP, ())


def test_a_class_that_declares_no_kind_cannot_be_published():
    with pytest.raises(UndeclaredKind, match="OrderEvent"):
        event_row(OrderEvent(**MOVE, order_id=7), actor=Actor.system())


def test_two_classes_cannot_declare_the_same_kind():
    with pytest.raises(TypeError, match=r"order\.paid is declared twice"):

        @dataclass(frozen=True, kw_only=True)
        class PaidAgain(OrderEvent):
            type = "order.paid"

    assert kinds.kind_of("order.paid") is events.OrderPaid


def test_events_published_without_pushes_are_marked_as_history():
    with without_pushes():
        old = event_row(events.OrderDelivered(**MOVE, order_id=7), actor=Actor.system())
    new = event_row(events.OrderDelivered(**MOVE, order_id=7), actor=Actor.system())
    assert (old.is_history, new.is_history) == (True, False)
    assert old.fact == new.fact


@pytest.mark.parametrize("kind", OUR_KINDS, ids=lambda kind: kind.type)
def test_every_kind_names_an_existing_icon_and_triggers_that_fit_the_rule_column(kind):
    assert kind.icon in symbol_names()
    longest = NotificationRule._meta.get_field("trigger").max_length
    assert [notice for notice in kind.notices if len(notice) > longest] == []


def test_every_event_trigger_of_notices_belongs_to_a_kind():
    triggered = {notice for kind in OUR_KINDS for notice in kind.notices}
    by_themselves = TIMERS | {Trigger.BACK_IN_STOCK} | ABOUT_SHOP
    assert {each.value for each in Trigger} - set(by_themselves) - triggered == set()


AMOUNTS = {"amount", "balance", "owed", "kept", "unpaid", "total"}
WORDS = [
    *Status.values,
    "open",
    "withdrawn",
    "applied",
    "warehouse",
    "customer",
    "on_account",
    "cancel",
    "何",
]
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["", *WORDS]),
    int: st.integers(0, 5),
    bool: st.booleans(),
    int | None: st.none() | st.integers(1, 5),
    dict[str, Any]: st.fixed_dictionaries(
        {}, optional={"assigned_to": st.integers(1, 5), "who": st.just("张三")}
    ),
}


def any_fact(kind: type[kinds.Event]) -> st.SearchStrategy[kinds.Event]:
    """Facts of a kind with whatever its fields may hold."""
    types = get_type_hints(kind)
    amounts = st.sampled_from(["", "0.00", "12.50", "-3.00"])
    names = [field.name for field in fields(kind)]
    return st.builds(kind, **{name: amounts if name in AMOUNTS else VALUES[types[name]] for name in names})


@given(st.sampled_from(OUR_KINDS).flatmap(any_fact), st.sampled_from(["customer", "staff", "system", "api"]))
def test_any_fact_has_its_text_in_both_languages_and_triggers_only_its_kinds_notices(fact, actor_kind):
    assert set(fact.triggered(actor_kind)) <= set(fact.notices)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            text, told = fact.timeline_text(), fact.shop_text()
            assert text in told
