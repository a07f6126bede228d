"""Stock as it is counted from a list of the admin: several goods at once, each through the service."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.sections import TemplateSection

from orders.errors import OrderError
from orders.models import Variant
from orders.services.stock import MAX_ON_HAND, set_stock
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor

# The form that every field of a list belongs to; it stands behind the list, whose own form is for actions.
FORM_ID = "counts"


@dataclass(frozen=True)
class Count:
    """What somebody typed beside one variant, and how many the page had shown."""

    variant_id: int
    typed: str
    seen: int | None


def count_field(variant: Variant) -> SafeString:
    """The field in which one variant is counted; its name says how many are shown. Empty: its stock stays."""
    return format_html(
        '<input class="count" type="number" inputmode="numeric" form="{}" name="count-{}-{}" min="0" max="{}" '
        'aria-label="{}" autocomplete="off">',
        FORM_ID,
        variant.pk,
        variant.on_hand,
        MAX_ON_HAND,
        _("%(sku)s 盘点为") % {"sku": variant.sku},
    )


class VariantsSection(TemplateSection):
    """Below a product of the list: its variants, each with its stock and the field to count it."""

    template_name = "admin/orders/_variants.html"

    def get_context_data(self, request: HttpRequest, instance: object) -> dict[str, object]:
        rows = [(variant, count_field(variant)) for variant in instance.variants.all()]  # type: ignore[attr-defined]
        return {"rows": rows}


def counts_of(request: HttpRequest) -> list[Count]:
    """The counts typed into the fields of a list."""
    found = []
    for name, typed in request.POST.items():
        kind, _dash, rest = name.partition("-")
        variant_id, seen = map(reading.whole_number, rest.partition("-")[::2])
        if kind == "count" and variant_id and str(typed).strip():
            found.append(Count(variant_id, str(typed), seen))
    return found


def apply_stock_counts(request: HttpRequest, counts: list[Count], reason: str) -> int:
    """Apply every count by itself and list the refused ones on the page. Returns how many were applied."""
    skus = dict(Variant.objects.filter(pk__in=[each.variant_id for each in counts]).values_list("pk", "sku"))
    taken = 0
    for each in counts:
        sku, pieces = skus.get(each.variant_id, ""), reading.whole_number(each.typed, most=MAX_ON_HAND)
        if not sku:
            messages.error(request, _("有一个规格已经不在了，没有改"))
        elif pieces is None:
            messages.error(request, _("%(sku)s 没有改：请填 0 以上的整数") % {"sku": sku})
        else:
            taken += apply_stock_count(request, sku, pieces, reason, seen=each.seen)
    return taken


def apply_stock_count(
    request: HttpRequest, sku: str, pieces: int, reason: str, *, seen: int | None = None
) -> bool:
    """Take one count; say whose promises it breaks, or why it is refused. Returns whether it was taken."""
    actor = Actor.staff(request.user)  # type: ignore[arg-type]
    try:
        variant = set_stock(actor=actor, sku=sku, on_hand=pieces, reason=reason, seen=seen)
    except OrderError as error:
        messages.error(request, _("%(sku)s 没有改：%(reason)s") % {"sku": sku, "reason": error.detail})
        return False
    for broken in variant.broken_promises:
        text = _("%(number)s（%(customer)s）缺 %(pieces)s 件，已请销售处理")
        facts = {"customer": broken.order.customer, "pieces": broken.pieces}
        messages.warning(request, text % (facts | {"number": broken.order.number}))
    return True
