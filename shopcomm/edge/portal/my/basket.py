"""The list for a quote, kept in the session until it is sent: variants and how many of each."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from messaging.services.enquiries import MOST_LINES, Wanted, send_enquiry
from orders.selectors.catalogue import is_nearly_gone, variants_on_sale
from orders.selectors.items import MAX_QUANTITY, list_price
from shopcomm.core import reading
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.http.sent_forms import run_customer_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.my.access import MyRequest, customer_required

BASKET_KEY = "my_basket"
# What is asked about the list, until it is sent.
QUESTION_KEY = "my_basket_question"
LONGEST_QUESTION = 500


def basket_of(request: MyRequest) -> dict[str, int]:
    """Pieces by SKU, in the order they were put there."""
    return dict(request.session.get(BASKET_KEY) or {})


def lines_in(request: MyRequest) -> int:
    """How many variants are on the list."""
    return len(request.session.get(BASKET_KEY) or {})


@require_POST
@customer_required
def add_to_basket(request: MyRequest, product_id: int) -> HttpResponse:
    """Put a variant of a product on the list; another form with it adds to it."""
    sku, pieces = request.POST.get("sku", ""), reading.piece_count(request.POST.get("quantity", "1"))
    variant = variants_on_sale([sku]).get(sku)
    basket = basket_of(request)
    if variant is None or variant.product_id != product_id or not 0 < pieces <= MAX_QUANTITY:
        messages.error(request, _("请选择规格并填写数量"))
    elif sku not in basket and len(basket) >= MOST_LINES:
        messages.error(request, _("一次最多询价 %(count)d 款") % {"count": MOST_LINES})
    else:
        messages.success(
            request, run_customer_form_once(request.customer.pk, request, lambda: _put(request, sku, pieces))
        )
    return redirect("my:product", product_id)


def _put(request: MyRequest, sku: str, pieces: int) -> str:
    basket = basket_of(request)
    basket[sku] = min(basket.get(sku, 0) + pieces, MAX_QUANTITY)
    request.session[BASKET_KEY] = basket
    _keep_question(request)
    return _("已加入询价单")


def _keep_question(request: MyRequest) -> None:
    """What was asked beside a product goes on the list with it; the list is sent with one question."""
    asked = request.POST.get("question", "").strip()
    known = request.session.get(QUESTION_KEY, "")
    if asked and asked not in known.split("\n"):
        request.session[QUESTION_KEY] = f"{known}\n{asked}".strip()[:LONGEST_QUESTION]


@require_http_methods(["GET", "POST"])
@customer_required
def basket_page(request: MyRequest) -> HttpResponse:
    """The list: quantities are changed here, and sent as one enquiry from which sales make a quote."""
    if request.method == "GET":
        return _page(request)
    counted = _counted(request)
    request.session[BASKET_KEY] = counted
    if request.POST.get("do") != "send":
        request.session[QUESTION_KEY] = request.POST.get("question", "")[:LONGEST_QUESTION]
        messages.success(request, _("询价单已更新"))
        return redirect("my:basket")
    sent = run_service(
        lambda: send_enquiry(
            actor=request.actor,
            customer=request.customer,
            wanted=[Wanted(sku, pieces) for sku, pieces in counted.items()],
            question=request.POST.get("question", ""),
            key=request.POST.get("key", ""),
        )
    )
    if sent.refusal:
        return _page(request, refusal=sent.text, status=sent.status)
    request.session.pop(BASKET_KEY, None)
    request.session.pop(QUESTION_KEY, None)
    messages.success(request, _("询价已发出，客服会给您报价"))
    return redirect("my:chat", sent.result.message.conversation_id)


def _counted(request: MyRequest) -> dict[str, int]:
    """The list with the quantities of the form; nought or nothing takes a variant off it, as does being sold no more."""
    typed = dict(
        zip(
            request.POST.getlist("sku"),
            map(reading.piece_count, request.POST.getlist("quantity")),
            strict=False,
        )
    )
    if removed := request.POST.get("remove"):
        typed[removed] = 0
    basket = basket_of(request)
    known = variants_on_sale(list(basket))
    kept = {sku: min(typed.get(sku, pieces), MAX_QUANTITY) for sku, pieces in basket.items() if sku in known}
    return {sku: pieces for sku, pieces in kept.items() if pieces > 0}


def _page(request: MyRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    basket = basket_of(request)
    known, low = variants_on_sale(list(basket)), shop_settings().low_stock_threshold
    lines: list[dict[str, Any]] = []
    for sku, pieces in basket.items():
        if variant := known.get(sku):
            price = list_price(variant, pieces, request.customer)
            lines.append(
                {
                    "variant": variant,
                    "quantity": pieces,
                    "few": is_nearly_gone(variant, low),
                    "price": price,
                    "amount": price * pieces,
                }
            )
    context = {
        "active": "catalogue",
        "lines": lines,
        "gone": [sku for sku in basket if sku not in known],
        "total": sum((line["amount"] for line in lines), 0),
        "question": request.POST.get("question", request.session.get(QUESTION_KEY, "")),
        "key": request.POST.get("key") or uuid.uuid4(),
        "refusal": refusal,
    }
    return render(request, "my/basket.html", context, status=status)
