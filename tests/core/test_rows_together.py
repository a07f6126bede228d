"""Rows that are read together in one query are the rows that their querysets find."""

from datetime import date, time

import pytest
from axes.models import AccessAttempt
from django.db import transaction
from django.db.models import BigIntegerField, TextField, Value

from messaging.models import Message, NotificationRule
from messaging.services.notifications.rules import ensure_default_rules
from orders.models import ChangeRequest, Order, OrderLine, Payment, Shipment, ShipmentLine, TrackingNode
from shopcomm.core.configuration.models import CalendarDay, WorkingInterval
from shopcomm.core.database.prepared import Given, Number, PreparedObjects, PreparedValues
from shopcomm.core.database.together import PreparedRows, attach_one, attach_rows, read_together
from shopcomm.core.events.models import DomainEvent
from tests.busy_order import busy_order

pytestmark = pytest.mark.django_db
ORDER = Given("order", BigIntegerField())


def fields_of(row) -> dict:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize(
    "model", [Order, OrderLine, Payment, TrackingNode, NotificationRule, Message, DomainEvent, ChangeRequest]
)
def test_rows_have_the_values_and_types_that_django_reads(model, manager) -> None:
    ensure_default_rules()
    busy_order(manager, 1)
    expected = list(model._base_manager.order_by("-pk"))

    (found,) = read_together(PreparedRows(model._base_manager.order_by("-pk")).given())

    assert expected
    assert [fields_of(row) for row in found] == [fields_of(row) for row in expected]
    kinds = [[type(value) for value in fields_of(row).values()] for row in found]
    assert kinds == [[type(value) for value in fields_of(row).values()] for row in expected]


def test_rows_are_as_a_queryset_leaves_them_and_can_be_changed(manager) -> None:
    expected = Order.objects.get(pk=busy_order(manager, 1).pk)
    (found,) = read_together(PreparedRows(Order.objects.filter(pk=ORDER)).given(order=expected.pk))
    state, known = found[0]._state, expected._state
    assert (state.db, state.adding, state.fields_cache) == (known.db, known.adding, {})
    assert found == [expected]

    found[0].note = "请打电话"
    found[0].save(update_fields=["note"])
    expected.refresh_from_db()
    assert expected.note == "请打电话"


def test_names_from_before_they_were_cleaned_are_cleaned_when_they_are_read(manager) -> None:
    line = busy_order(manager, 1).lines.first()
    OrderLine.objects.filter(pk=line.pk).update(name=Value("旅行\u202e箱", output_field=TextField()))
    (found,) = read_together(PreparedRows(OrderLine.objects.filter(pk=line.pk)).given())
    assert found[0].name == OrderLine.objects.get(pk=line.pk).name == "旅行箱"


def test_a_kind_of_field_that_json_would_change_is_refused() -> None:
    with pytest.raises(TypeError, match="ip_address"):
        PreparedRows(AccessAttempt.objects.all())


def test_days_and_times_of_day_are_read_as_such() -> None:
    CalendarDay.objects.create(day=date(2026, 10, 1), kind="holiday")
    WorkingInterval.objects.all().delete()
    WorkingInterval.objects.create(weekday=0, opens=time(9), closes=time(21, 30))

    days, hours = read_together(
        PreparedRows(CalendarDay.objects.all()).given(), PreparedRows(WorkingInterval.objects.all()).given()
    )

    assert (days[0].day, hours[0].opens, hours[0].closes) == (date(2026, 10, 1), time(9), time(21, 30))


def test_one_statement_serves_every_value_and_reads_numbers_too(manager, django_assert_num_queries) -> None:
    orders = [busy_order(manager, 1), busy_order(manager, 2)]
    prepared = PreparedRows(OrderLine.objects.filter(order=ORDER))
    for order in orders:
        with django_assert_num_queries(1):
            lines, number, nothing = read_together(
                prepared.given(order=order.pk), Number("7", []), prepared.given(order=0)
            )
        assert lines == list(order.lines.all())
        assert (number, nothing) == (7, [])


def test_related_rows_come_along_and_are_not_asked_for_again(manager, django_assert_num_queries) -> None:
    order = busy_order(manager, 1)
    lines = PreparedRows(OrderLine.objects.filter(order=ORDER), "variant", "variant__product")
    OrderLine.objects.filter(pk=order.lines.all()[0].pk).update(variant=None)

    with django_assert_num_queries(1):
        (found,) = read_together(lines.given(order=order.pk))
        names = [line.variant and line.variant.product.name for line in found]

    assert names == [line.variant and line.variant.product.name for line in order.lines.all()]
    assert names[0] is None


def test_attached_rows_are_read_without_a_query_and_filtered_with_one(
    manager, django_assert_num_queries
) -> None:
    order = busy_order(manager, 2)
    parcels = list(Shipment.objects.filter(order=order).order_by("pk"))
    pieces = list(ShipmentLine.objects.filter(shipment__order=order).order_by("pk"))
    lines = list(order.lines.all())

    with django_assert_num_queries(0):
        attach_rows([order], "shipments", parcels)
        attach_rows(parcels, "lines", pieces)
        attach_one(pieces, "line", lines)
        told = [(piece.shipment.order, piece.line.amount) for each in parcels for piece in each.lines.all()]
    with django_assert_num_queries(1):
        assert order.shipments.filter(carrier="yuantong").count() == 0

    assert told == [(order, line.amount) for line in lines[::2]]


def test_a_queryset_of_nothing_has_no_rows_and_leaves_the_others_theirs(manager) -> None:
    order = busy_order(manager, 1)
    nothing, lines = read_together(
        PreparedRows(OrderLine.objects.none()).given(),
        PreparedRows(OrderLine.objects.filter(order=ORDER)).given(order=order.pk),
    )
    assert (nothing, lines) == ([], list(order.lines.all()))
    assert PreparedValues(OrderLine.objects.none().values_list("pk")).read_rows() == []


@pytest.mark.parametrize("model", [Order, OrderLine, NotificationRule, Message, ChangeRequest])
def test_prepared_objects_are_those_that_django_reads(model, manager) -> None:
    ensure_default_rules()
    busy_order(manager, 1)
    expected = list(model._base_manager.order_by("-pk"))

    found = PreparedObjects(model._base_manager.select_for_update().order_by("-pk")).read_objects()

    assert expected
    assert [fields_of(row) for row in found] == [fields_of(row) for row in expected]
    assert not found[0]._state.adding
    assert found[0]._state.db == expected[0]._state.db


def test_one_statement_of_objects_serves_every_value(manager, django_assert_num_queries) -> None:
    orders = [busy_order(manager, 1), busy_order(manager, 2)]
    lines = PreparedObjects(OrderLine.objects.filter(order=ORDER).order_by("pk"))

    for order in orders:
        with django_assert_num_queries(1):
            found = lines.read_objects(order=order.pk)
        assert found == list(order.lines.order_by("pk"))


@pytest.mark.django_db(transaction=True)
def test_prepared_objects_that_are_locked_need_a_transaction(manager) -> None:
    with transaction.atomic():
        locked = PreparedObjects(Order.objects.select_for_update())
        locked.read_objects()

    with pytest.raises(transaction.TransactionManagementError):
        locked.read_objects()
