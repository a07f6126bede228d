"""Changes of a paid order that the shop wants: shown to the customer, and applied only with their consent."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed, PricesChanged
from orders.models import ChangeKind, ChangeRequest, Handler, Order, OrderLine
from orders.policies.change_merging import Seen
from orders.policies.change_policy import CONSENTED, Outcome, needs_consent
from orders.reading.change_answers import PhoneConsent
from orders.selectors.addresses import clean_text
from orders.selectors.keepers import keeper_of
from orders.selectors.pricing import saved_price_mark
from orders.services.change_requests.apply import merge_request_with_order
from orders.services.change_requests.close import check_open, locked_request
from orders.services.change_requests.compare import new_request
from orders.services.change_requests.parse import parse_change, parse_shop_change
from orders.services.change_requests.route import (
    actor_who_asked,
    apply_or_route,
    open_for_review,
    policy_outcome,
    refuse_by_policy,
)
from orders.services.edit_items import lock_goods
from orders.services.editing import edit_order
from orders.services.edits import flatten_changes, logged_value
from orders.services.locks import lock_lines, lock_order
from orders.services.rights import require_right
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

# What else a system that keeps an order decides about: each of these columns is a wish of its own.
KINDS = {"note": ChangeKind.NOTE, "urgent": ChangeKind.URGENT, "deliver_on": ChangeKind.DELIVERY_DATE}


@retry_on_deadlock
@transaction.atomic
def edit_or_request_consent(
    *,
    actor: Actor,
    order_id: int,
    version: int | None,
    changes: dict[str, Any],
    note: str = "",
    shown: str = "",
) -> tuple[Order, ChangeRequest | None]:
    """Edit an order as far as the shop may alone; the rest becomes a question to the customer, and of an order that another
    system keeps a question to that system, too.

    `shown` is the mark of the price that somebody saw before they sent it (OrderPrice.mark).
    Returns the order, and the request that decides, if there is one. Raises what edit_order raises, and PricesChanged.
    """
    columns, order = flatten_changes(changes), lock_order(order_id)
    asked: dict[str, Any] = {}
    is_kept = keeper_of(order) is not None
    if is_kept or needs_consent(order, actor, columns):
        asked = {column: columns.pop(column) for column in CONSENTED & set(columns)}
    wishes = {column: columns.pop(column) for column in KINDS if column in columns} if is_kept else {}
    if "items" in asked:
        # What is asked is tried below, on stock that comes before the conversation in which the edit is told.
        lock_goods(order, asked["items"] or [])
    # Even an edit of nothing checks the version and the right to edit.
    order = edit_order(actor=actor, order_id=order_id, version=version, changes=columns, note=note)
    if not asked and not wishes:
        _check_shown(order, shown)
        return order, None
    lines = lock_lines(order)
    request = _ask(order, lines, asked, actor, shown) if asked else None
    for column, value in wishes.items():
        kind, data = KINDS[column], {column: logged_value(value)}
        wish = new_request(order, lines, kind, parse_change(order, kind, data, actor), actor)
        if wish.after:
            laid = apply_or_route(wish, order, lines, actor)
            request = request or laid
    return order, request


def _ask(
    order: Order, lines: list[OrderLine], asked: dict[str, Any], actor: Actor, shown: str
) -> ChangeRequest | None:
    """What was agreed with the customer: asked of them, or where they need not be asked, of the system that decides."""
    require_right(actor, "changes.record_consent")
    kind, wanted = parse_shop_change(order, asked)
    request = new_request(order, lines, kind, wanted, actor)
    if not request.after:
        return None
    if needs_consent(order, actor, request.after):
        return request_consent(request, order, lines, actor, shown=shown)
    return apply_or_route(request, order, lines, actor)


def _check_shown(order: Order, shown: str) -> None:
    """Whether an order as it has just been written costs what somebody was shown. Raises PricesChanged."""
    if shown and shown != saved_price_mark(order):
        raise PricesChanged


def request_consent(
    request: ChangeRequest, order: Order, lines: list[OrderLine], actor: Actor, *, shown: str = ""
) -> ChangeRequest:
    """Lay what the shop wants before the customer, with what it costs them; nothing they could only say yes to in vain.

    Raises GuardFailed, InsufficientStock for what could not be done, PricesChanged when it costs not what was `shown`.
    """
    outcome, part = policy_outcome(request, order, lines)
    if outcome == Outcome.REFUSE:
        return refuse_by_policy(request, order, actor, part)
    total = _total_if(request, order, actor, shown)
    if total != order.total:
        request.before["total"], request.after["total"] = str(order.total), str(total)
    return open_for_review(request, order, actor, Handler.CUSTOMER)


class _Rehearsed(Exception):
    """Nothing of it has happened."""


def _total_if(request: ChangeRequest, order: Order, actor: Actor, shown: str) -> Any:
    """What the order would cost: the change is made and taken back. Raises what edit_order raises."""
    try:
        with transaction.atomic():
            made = edit_order(
                actor=actor, order_id=order.pk, version=None, changes=dict(request.data), agreed=True
            )
            _check_shown(made, shown)
            raise _Rehearsed
    except _Rehearsed:
        return made.total


def record_consent(
    request: ChangeRequest, order: Order, actor: Actor, consent: dict[str, Any], *, seen: Seen | None
) -> ChangeRequest:
    """Record the customer's consent and continue by the policy; the warehouse may still have to accept.

    `seen` as in accept_change. Raises ChangeClash, StaleVersion.
    """
    lines = lock_lines(order)
    if not merge_request_with_order(request, order, lines, actor, seen=seen):
        return request
    request.consent = {"at": timezone.now().isoformat()} | consent
    # Only the shop's own people name prices; whoever taps, it is their change.
    return apply_or_route(request, order, lines, actor if actor.is_customer else actor_who_asked(request))


@retry_on_deadlock
@transaction.atomic
def record_phone_consent(
    *, actor: Actor, request_id: int, consent: PhoneConsent, seen: Seen | None = None
) -> ChangeRequest:
    """Write down that the customer agreed on the phone. Writing it down twice is once.

    `seen` as in accept_change. Raises ChangeRequest.DoesNotExist, NotAllowed, ChangeClash, StaleVersion, and
    GuardFailed when it is answered otherwise or nobody is named.
    """
    request, order = locked_request(request_id)
    require_right(actor, "changes.record_consent")
    if request.consent:
        return request
    check_open(request)
    if request.handler != Handler.CUSTOMER:
        raise GuardFailed(("consent_not_asked", _("这个申请不需要客户同意")))
    return record_consent(request, order, actor, _phone(consent, actor), seen=seen)


def _phone(consent: PhoneConsent, actor: Actor) -> dict[str, Any]:
    who, now = clean_text(consent.who)[:60], timezone.now()
    if not who:
        raise GuardFailed(("consent_who_required", _("请填写是谁在电话里同意的")))
    if consent.at and consent.at > now:
        raise GuardFailed(("consent_in_future", _("通话时间还没有到")))
    when = (consent.at or now).isoformat()
    return {
        "by": "phone",
        "who": who,
        "at": when,
        "note": clean_text(consent.note)[:300],
        "recorded_by": actor.name,
    }
