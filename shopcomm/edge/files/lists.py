"""Every list that can be exported: who may, which filters of which page it keeps, and its columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.selectors.exported import (
    conversation_columns,
    listed_conversations,
    listed_messages,
    message_columns,
)
from messaging.views.inbox import read_inbox_filters
from orders.models import StockMovement
from orders.selectors.exported import (
    customer_columns,
    line_columns,
    listed_lines,
    listed_orders,
    listed_payments,
    listed_receipts,
    movement_columns,
    order_columns,
    payment_columns,
)
from orders.selectors.statements import default_start
from orders.views.filtering import read_filters
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.sheets.columns import Column
from shopcomm.edge.files.errors import ExportRefused

Found = Callable[[Actor, Staff, QueryDict], QuerySet]


@dataclass(frozen=True)
class ExportedList:
    """One list. `page` is where its filters come from: lists of the same page are offered together."""

    key: str
    label: str | Promise
    page: str
    # Whoever opens that page.
    right: str
    found: Found
    columns: Callable[..., list[Column]]


def _admins(model: type[Model]) -> Found:
    """The list of a model in the admin with its own filters and search, in its own order."""

    def found(_actor: Actor, staff: Staff, query: QueryDict) -> QuerySet:
        request = HttpRequest()
        request.method, request.GET, request.user = "GET", query, staff  # type: ignore[assignment]
        try:
            page = admin.site.get_model_admin(model).get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise ExportRefused(_("筛选条件不对，请回到名单重新筛选")) from error
        return page.get_queryset(request)

    return found


def _receipts(actor: Actor, _staff: Staff, query: QueryDict) -> QuerySet:
    until = reading.calendar_day(query.get("until", "")) or timezone.localdate()
    since = reading.calendar_day(query.get("since", "")) or default_start(until)
    start = timezone.make_aware(datetime.combine(since, time.min))
    return listed_receipts(
        actor,
        customer_id=reading.whole_number(query.get("customer", "")) or 0,
        currency=query.get("currency", "CNY")[:3],
        since=start,
        until=timezone.make_aware(datetime.combine(until, time.min)) + timedelta(days=1),
    )


LISTS: tuple[ExportedList, ...] = (
    ExportedList(
        "orders", gettext_lazy("订单"), "desk", "orders.view",
        lambda actor, _staff, query: listed_orders(actor, read_filters(query, actor)), order_columns,
    ),
    ExportedList(
        "lines", gettext_lazy("订单明细"), "desk", "orders.view",
        lambda actor, _staff, query: listed_lines(actor, read_filters(query, actor)), line_columns,
    ),
    ExportedList(
        "payments", gettext_lazy("收款"), "desk", "orders.view",
        lambda actor, _staff, query: listed_payments(actor, read_filters(query, actor)), payment_columns,
    ),
    ExportedList("receipts", gettext_lazy("一位客户的收款"), "statement", "orders.view", _receipts, payment_columns),
    ExportedList("customers", gettext_lazy("客户"), "customers", "admin", _admins(Customer), customer_columns),
    ExportedList("movements", gettext_lazy("库存流水"), "movements", "admin", _admins(StockMovement), movement_columns),
    ExportedList(
        "conversations", gettext_lazy("会话"), "inbox", "conversations.view",
        lambda actor, _staff, query: listed_conversations(actor, read_inbox_filters(query)), conversation_columns,
    ),
    ExportedList(
        "messages", gettext_lazy("会话里的消息"), "inbox", "conversations.view",
        lambda actor, _staff, query: listed_messages(actor, read_inbox_filters(query)), message_columns,
    ),
)  # fmt: skip
BY_KEY = {each.key: each for each in LISTS}


def list_for(actor: Actor, key: str) -> ExportedList:
    """The list of that name. Raises ExportRefused for one that there is not, or that is not for whoever asks."""
    found = BY_KEY.get(key)
    if found is None or not (actor.may("exports.make") and actor.may(found.right)):
        raise ExportRefused(_("没有这份名单，或您不能导出它"))
    return found


def lists_beside(found: ExportedList) -> Sequence[ExportedList]:
    """The lists that the same filters narrow, itself included."""
    return [each for each in LISTS if each.page == found.page]
