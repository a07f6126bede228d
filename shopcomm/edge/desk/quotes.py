"""Quotes at the desk: a customer's list, the form, and what is done with one of them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messaging.models import Conversation
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.quotes import quotes_visible_to
from messaging.services.quotes import (
    change_quote,
    quote_in_conversation,
    renew_in_conversation,
    send_quote_card,
)
from orders.forms.price import TEMPLATE as PRICE_TEMPLATE
from orders.forms.price import asks_price, price_of_form
from orders.forms.quote import QuoteForm, initial_quote_values, quote_lines
from orders.models import Quote, Variant
from orders.selectors.items import ItemInput
from orders.selectors.pricing import OrderPrice, Shopping, price_order
from orders.selectors.quotes import items_of_link
from orders.services.quotes import EDITABLE, withdraw_quote
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.models import Customer
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service

SHOWN = 50


@require_safe
@never_cache
@right_required("conversations.view")
def quote_list(request: ShopRequest, conversation_id: int) -> HttpResponseBase:
    """The quotes of the customer one talks to, newest first."""
    conversation = _conversation(request, conversation_id)
    quotes = list(
        quotes_visible_to(request.actor).filter(customer=conversation.customer_id).order_by("-pk")[:SHOWN]
    )
    context = {"conversation": conversation, "quotes": quotes, "back": conversation_url(conversation)}
    return render(request, "messaging/quotes/list.html", context | {"active": "inbox"})


@require_http_methods(["GET", "POST"])
@never_cache
@right_required("orders.create")
def new_quote(request: ShopRequest, conversation_id: int) -> HttpResponseBase:
    """The form of a new quote; `?items=SKU:3,SKU2:1` are the lines that it begins with."""
    conversation = _conversation(request, conversation_id)
    if request.method != "POST":
        form = QuoteForm(initial=initial_quote_values(None))
        return _page(request, form, conversation, items_of_link(request.GET.get("items", "")))
    if asks_price(request):
        return _price_part(request, conversation)

    def make(form: QuoteForm) -> Quote:
        return quote_in_conversation(
            actor=request.actor,
            customer=conversation.with_customer,
            conversation_id=conversation.pk,
            wanted=form.wanted(),
            send="send" in request.POST,
        )

    return _save(request, conversation, make, None)


@require_http_methods(["GET", "POST"])
@never_cache
@right_required("orders.create")
def quote_form_page(request: ShopRequest, quote_id: int) -> HttpResponseBase:
    """The form of a quote that is there already."""
    quote = _quote(request, quote_id)
    conversation = _conversation(request, quote.conversation_id or 0)
    if request.method != "POST":
        return _page(
            request,
            QuoteForm(initial=initial_quote_values(quote)),
            conversation,
            quote_lines(quote),
            quote=quote,
        )
    if asks_price(request):
        return _price_part(request, conversation)

    def change(form: QuoteForm) -> Quote:
        return change_quote(
            actor=request.actor,
            quote_id=quote.pk,
            wanted=form.wanted(),
            revision=form.cleaned_data["revision"],
            send="send" in request.POST,
        )

    return _save(request, conversation, change, quote)


def _save(
    request: ShopRequest, conversation: Conversation, work: Callable[[QuoteForm], Quote], quote: Quote | None
) -> HttpResponseBase:
    form = QuoteForm(request.POST, initial=initial_quote_values(quote))
    if not form.is_valid():
        items = form.cleaned_data.get("items", [])
        return _page(request, form, conversation, items, quote=quote, status=422)
    outcome = run_service(lambda: run_form_once(request, lambda: str(work(form).pk)))
    if outcome.refusal:
        items, text = form.cleaned_data["items"], outcome.text
        return _page(request, form, conversation, items, quote=quote, status=outcome.status, refusal=text)
    saved = Quote.objects.get(pk=outcome.result)
    if saved.state == Quote.State.SENT:
        messages.success(request, _("报价单 %(number)s 已发给客户") % {"number": saved.number})
        return redirect(conversation_url(conversation))
    messages.success(request, _("报价单 %(number)s 已存为草稿") % {"number": saved.number})
    return redirect("messaging:quotes", conversation.pk)


def _page(
    request: ShopRequest,
    form: QuoteForm,
    conversation: Conversation,
    items: list[dict[str, Any]],
    *,
    quote: Quote | None = None,
    status: int = 200,
    refusal: str = "",
) -> HttpResponseBase:
    context = {
        "active": "inbox",
        "price": _price_of(form, conversation, items, quote),
        "form": form,
        "fields": [form[name] for name in ("valid_until", "shipping_fee", "discount", "note")],
        "items": _shown(items),
        "item_errors": form.item_errors,
        "conversation": conversation,
        "quote": quote,
        "can_edit": quote is None or quote.state in EDITABLE,
        "is_out": quote is not None and quote.state != Quote.State.DRAFT,
        "wholesale": conversation.with_customer.tier == Customer.Tier.WHOLESALE,
        "refusal": refusal,
    }
    return render(request, "messaging/quotes/form.html", context, status=status)


def _price_part(request: ShopRequest, conversation: Conversation) -> HttpResponseBase:
    """What the form comes to as far as it is filled in."""
    return render(request, PRICE_TEMPLATE, {"price": price_of_form(request.POST, conversation.with_customer)})


def _price_of(
    form: QuoteForm, conversation: Conversation, items: list[dict[str, Any]], quote: Quote | None
) -> OrderPrice:
    """What the page begins with: what was typed, else what the quote says, else what was asked for."""
    if form.is_bound:
        return price_of_form(cast(QueryDict, form.data), conversation.with_customer)
    off, fee = (quote.discount, quote.shipping_fee) if quote else (Decimal(0), Decimal(0))
    wanted = [ItemInput(row["sku"], row["quantity"], row.get("unit_price")) for row in items]
    return price_order(Shopping(conversation.with_customer, wanted, off, fee))


def _shown(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines with what the page shows of their goods."""
    found = Variant.objects.select_related("product").prefetch_related("tiers")
    variants = found.in_bulk([row["sku"] for row in items], field_name="sku")
    return [
        row
        | {
            "variant": variants.get(row["sku"]),
            "name": variants[row["sku"]].product.name if row["sku"] in variants else "",
            "spec": variants[row["sku"]].spec if row["sku"] in variants else "",
        }
        for row in items
    ]


@require_POST
@right_required("orders.create")
def quote_action(request: ShopRequest, quote_id: int, action: str) -> HttpResponseBase:
    """Send, renew or withdraw a quote from the list."""
    quote = _quote(request, quote_id)
    work: dict[str, tuple[Callable[[], object], str]] = {
        "send": (
            lambda: send_quote_card(actor=request.actor, quote_id=quote.pk),
            _("报价单 %(number)s 已发给客户"),
        ),
        "renew": (
            lambda: renew_in_conversation(actor=request.actor, quote_id=quote.pk),
            _("报价单 %(number)s 已延期，并重新发给客户"),
        ),
        "withdraw": (
            lambda: withdraw_quote(actor=request.actor, quote_id=quote.pk),
            _("报价单 %(number)s 已撤回"),
        ),
    }
    if action not in work:
        raise Http404
    act, done = work[action]
    run_and_tell(request, act, done % {"number": quote.number})
    return redirect("messaging:quotes", quote.conversation_id or 0)


def conversation_url(conversation: Conversation) -> str:
    """The staff URL of a conversation."""
    if conversation.order:
        return reverse("orders:detail", args=[conversation.order.number])
    return reverse("messaging:inbox-conversation", args=[conversation.pk])


def _conversation(request: ShopRequest, conversation_id: int) -> Conversation:
    visible = conversations_visible_to(request.actor).select_related("customer", "order")
    return get_object_or_404(visible, pk=conversation_id)


def _quote(request: ShopRequest, quote_id: int) -> Quote:
    return get_object_or_404(quotes_visible_to(request.actor).exclude(conversation_id=None), pk=quote_id)
