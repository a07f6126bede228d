"""The form of a quote."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.forms.desk import DeskForm, read_lines
from orders.models import Quote
from orders.selectors.items import ItemInput
from orders.services.quotes import VALID_DAYS, QuoteInput, end_of_day


class QuoteForm(DeskForm):
    """Date, freight, discount and words; the lines come with the form as they do with an order's."""

    valid_until = forms.DateField(
        label=_("有效期至"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    shipping_fee = forms.DecimalField(label=_("运费"), min_value=0, decimal_places=2, required=False)
    discount = forms.DecimalField(label=_("优惠"), min_value=0, decimal_places=2, required=False)
    note = forms.CharField(
        label=_("给客户的说明"), required=False, max_length=500, widget=forms.Textarea({"rows": 2})
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    item_errors = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["items"], self.item_errors = read_lines(cast(QueryDict, self.data))
        if self.item_errors:
            self.add_error(None, self.item_errors)
        return cleaned

    def wanted(self) -> QuoteInput:
        """The quote as the service takes it."""
        data = self.cleaned_data
        return QuoteInput(
            items=[ItemInput(**item) for item in data["items"]],
            valid_until=last_moment_of(data["valid_until"]),
            shipping_fee=data["shipping_fee"] or Decimal(0),
            discount=data["discount"] or Decimal(0),
            note=data["note"],
            shown=self.data.get("shown", ""),
        )


def last_moment_of(day: date) -> datetime:
    """The end of a day in the shop's time zone."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def initial_quote_values(quote: Quote | None) -> dict[str, Any]:
    """What the form starts from."""
    if quote is None:
        return {"valid_until": timezone.localtime(end_of_day(VALID_DAYS)).date()}
    names = ("shipping_fee", "discount", "note", "revision")
    return {name: getattr(quote, name) for name in names} | {
        "valid_until": timezone.localtime(quote.valid_until).date()
    }


def quote_lines(quote: Quote) -> list[dict[str, Any]]:
    """A quote's lines for the form; a price by the list is left to the list, so that it follows the count."""
    return [
        {
            "sku": line.sku,
            "quantity": line.quantity,
            "unit_price": None if line.unit_price == line.list_price else line.unit_price,
        }
        for line in quote.lines.all()
    ]
