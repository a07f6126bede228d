"""选货: looking through the catalogue, asking about a product, waiting for it, and the list for a quote."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from messaging.selectors.own import watches_of_product
from messaging.services.conversations import general_conversation
from messaging.services.enquiries import Wanted, send_enquiry
from messaging.services.notifications.back_in_stock import unwatch_stock, watch_stock
from orders.selectors.catalogue import Style, catalogue_page, categories_on_sale, is_nearly_gone, style_of
from orders.selectors.items import MAX_QUANTITY
from shopcomm.core import reading
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.my.access import MyRequest, customer_required
from shopcomm.edge.portal.my.basket import lines_in


@require_GET
@customer_required
def own_catalogue_page(request: MyRequest) -> HttpResponse:
    """Products on sale, with pictures, prices and stock."""
    q, category = request.GET.get("q", "")[:80].strip(), request.GET.get("category", "")[:40]
    known = categories_on_sale()
    category = category if category in known else ""
    context = {
        "active": "catalogue",
        "page": catalogue_page(
            q=q, category=category, after=reading.whole_number(request.GET.get("after"), least=1)
        ),
        "categories": known,
        "category": category,
        "q": q,
        "basket": lines_in(request),
    }
    return render(request, "my/catalogue.html", context)


@require_GET
@customer_required
def product_page(request: MyRequest, product_id: int) -> HttpResponse:
    """One product, all its variants, and the way to ask about it."""
    return _product(request, _style(product_id))


@require_POST
@customer_required
def ask_about_product(request: MyRequest, product_id: int) -> HttpResponse:
    """询价: put the product into the conversation and go there."""
    style, post = _style(product_id), request.POST
    sent = run_service(
        lambda: send_enquiry(
            actor=request.actor,
            customer=request.customer,
            wanted=[Wanted(post.get("sku", ""), reading.piece_count(post.get("quantity", "1")))],
            question=post.get("question", ""),
            key=post.get("key", ""),
            product_id=style.product.pk,
        )
    )
    if sent.refusal:
        return _product(request, style, refusal=sent.text, status=sent.status)
    return redirect("my:chat", sent.result.message.conversation_id)


@require_POST
@customer_required
def watch_variant(request: MyRequest, product_id: int) -> HttpResponse:
    """到货通知: be told when a variant is back, or no longer."""
    style, sku = _style(product_id), request.POST.get("sku", "")
    if sku not in {each.sku for each in style.variants}:
        raise Http404
    waiting = watches_of_product(request.actor, product_id).get(sku)
    if request.POST.get("do") == "unwatch":
        if waiting:
            unwatch_stock(conversation_id=waiting.conversation_id, watch_id=waiting.pk)
        messages.success(request, _("已取消到货通知"))
    elif waiting is None:
        talk = general_conversation(actor=request.actor, customer=request.customer)
        pieces = reading.piece_count(request.POST.get("quantity", "1"))
        watch_stock(conversation_id=talk.pk, sku=sku, quantity=max(1, min(pieces, MAX_QUANTITY)))
        messages.success(request, _("已登记，到货就通知您"))
    return redirect("my:product", product_id)


def _style(product_id: int) -> Style:
    style = style_of(product_id)
    if style is None:
        raise Http404
    return style


def _product(request: MyRequest, style: Style, *, refusal: str = "", status: int = 200) -> HttpResponse:
    waiting, post = watches_of_product(request.actor, style.product.pk), request.POST
    chosen = post.get("sku") or request.GET.get("sku") or style.shown.sku
    context: dict[str, Any] = {
        "active": "catalogue",
        "style": style,
        "rows": [
            {
                "variant": each,
                "few": is_nearly_gone(each, style.low),
                "waiting": each.sku in waiting,
                "chosen": each.sku == chosen,
            }
            for each in style.variants
        ],
        "wholesale": request.customer.tier == "wholesale",
        "quantity": post.get("quantity", "1"),
        "question": post.get("question", ""),
        "key": post.get("key") or uuid.uuid4(),
        "basket": lines_in(request),
        "refusal": refusal,
    }
    return render(request, "my/product.html", context, status=status)
