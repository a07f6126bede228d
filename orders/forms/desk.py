"""The forms of the order desk; the services decide whether something may be done."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from orders.labels import RECEIVER
from orders.models import Order, Payment, Status
from orders.models.payments import BY_HAND
from orders.policies.transitions import Transition
from orders.selectors.change_requests import open_freezing
from orders.selectors.couriers import offered_couriers
from orders.selectors.open_sums import balance_blocks_shipping
from orders.services.days import not_wanted_before
from shopcomm.core import reading
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.models.customers import Customer, Source
from shopcomm.core.phones import LONGEST as PHONE_LENGTH
from shopcomm.core.phones import PhoneRefused, kept_receiver_phone, normalise_phone

ADDRESS_FIELDS = tuple(RECEIVER.values())


class DeskForm(forms.Form):
    """Widgets with the desk's classes; a field in error says so to screen readers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_widget_classes()

    def add_widget_classes(self) -> None:
        """Classes for every widget; call it again after adding fields."""
        for field in self.fields.values():
            if not isinstance(field.widget, (forms.HiddenInput, forms.CheckboxInput)):
                field.widget.attrs["class"] = "input"

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            if name in self.fields and self.fields[name].widget.attrs.get("class") == "input":
                marks = {"class": "input bad", "aria-invalid": "true", "aria-describedby": f"id_{name}_error"}
                self.fields[name].widget.attrs |= marks


def _needed_fields(order: Order) -> dict[str, forms.Field]:
    """Every input a transition may need, by the names of the table."""
    balance = order.balance if order.balance > 0 else None
    return {
        "amount": forms.DecimalField(
            label=_("金额"), min_value=Decimal("0.01"), decimal_places=2, initial=balance
        ),
        # A manager who books money may put what is open on account instead.
        "method": forms.ChoiceField(
            label=_("收款方式"), choices=[*BY_HAND, (Payment.Method.ON_ACCOUNT.value, _("挂账"))]
        ),
        "reference": forms.CharField(label=_("流水号或凭证号"), max_length=80, required=False),
        "carrier": forms.ChoiceField(label=_("承运商"), choices=offered_couriers()),
        "tracking_number": forms.CharField(label=_("运单号"), max_length=60),
        "reason": forms.CharField(label=_("原因"), max_length=200, widget=forms.Textarea({"rows": 2})),
        "keep_deposit": forms.BooleanField(label=_("不退已付的定金（要写原因）"), required=False),
        "restock": forms.BooleanField(label=_("退回的商品入库"), required=False),
    }


def _may_ship_all_the_same(order: Order, transition: Transition) -> str:
    """What a manager is asked who ships against a rule; empty where nothing speaks against it."""
    if "change_pending" in transition.guards and open_freezing(order):
        return _t("仍要发货的原因（修改申请作废）")
    unpaid = "balance_due" in transition.guards and balance_blocks_shipping(order)
    return _t("差额没付清仍要发货的原因") if unpaid else ""


class TransitionForm(DeskForm):
    """The inputs one row of the transition table needs, and the version somebody has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, order: Order, transition: Transition, may_override: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.transition = transition
        self.fields["version"].initial = order.version
        known = _needed_fields(order)
        for need in transition.needs:
            # A refund over the whole amount needs no figure, a parcel over everything open no lines.
            if need in known and not (need == "amount" and transition.command != "pay"):
                self.fields[need] = known[need]
        if not (may_override and order.paid_amount > order.refunded_amount):
            self.fields.pop("keep_deposit", None)
        if may_override and (label := _may_ship_all_the_same(order, transition)):
            self.fields["override"] = forms.CharField(label=label, max_length=200, required=False)
        if transition.to == Status.SHIPPED and (day := not_wanted_before(order)):
            label = _t("客户要 %(day)s 起送，确认提前发货") % {"day": f"{day:%m-%d}"}
            self.fields["early"] = forms.BooleanField(label=label)
        if transition.command == "cancel":
            self.fields["reason"].required = False
        # What came back with a case is on its shelf already, or was found damaged.
        if not any(line.shipped_quantity > line.returned_quantity for line in order.lines.all()):
            self.fields.pop("restock", None)
        self.add_widget_classes()

    def clean_method(self) -> str:
        """Only the whole open sum goes on account: a part received is booked as a payment first."""
        method = str(self.cleaned_data["method"])
        amount = self.cleaned_data.get("amount")
        if method == Payment.Method.ON_ACCOUNT and amount not in (None, self.fields["amount"].initial):
            raise forms.ValidationError(_t("挂账的是全部未付金额；收到的部分请先登记收款"))
        return method

    def inputs(self) -> dict[str, Any]:
        """What the service gets besides the version."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("version", "early")}
        return given | ({"method": "on_account"} if self.transition.command == "put_on_account" else {})


class OrderForm(DeskForm):
    """What creating and editing share: the receiver, the flags, and the lines."""

    receiver_name = forms.CharField(label=_("收货人"), max_length=120)
    receiver_phone = forms.CharField(
        label=_("收货电话"), max_length=PHONE_LENGTH, widget=forms.TextInput({"inputmode": "tel"})
    )
    province = forms.CharField(label=_("省"), max_length=60)
    city = forms.CharField(label=_("市"), max_length=60)
    district = forms.CharField(label=_("区县"), max_length=60, required=False)
    street = forms.CharField(label=_("详细地址"), max_length=300)
    urgent = forms.BooleanField(label=_("加急"), required=False)
    note = forms.CharField(label=_("备注"), required=False, widget=forms.Textarea({"rows": 2}))
    deliver_on = forms.DateField(
        label=_("送货日期"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    item_errors = ""

    def clean_receiver_phone(self) -> str:
        text: str = self.cleaned_data["receiver_phone"]
        _phone(text)
        return kept_receiver_phone(text)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["items"], self.item_errors = read_lines(cast(QueryDict, self.data))
        if self.item_errors:
            self.add_error(None, self.item_errors)
        return cleaned


class CreateOrderForm(OrderForm):
    """A new order, for a customer known by phone or a new one."""

    name = forms.CharField(label=_("客户姓名"), max_length=120)
    phone = forms.CharField(
        label=_("客户手机"), max_length=PHONE_LENGTH, widget=forms.TextInput({"inputmode": "tel"})
    )
    company = forms.CharField(label=_("公司"), max_length=120, required=False)
    tier = forms.ChoiceField(label=_("类型"), choices=Customer.Tier.choices, required=False)
    source = forms.ChoiceField(label=_("来源"), choices=Source.choices)
    on_account = forms.BooleanField(label=_("挂账（先发货，后付款）"), required=False)
    discount = forms.DecimalField(label=_("优惠"), min_value=0, decimal_places=2, required=False)
    shipping_fee = forms.DecimalField(label=_("运费"), min_value=0, decimal_places=2, required=False)

    field_order = ("phone", "name", "company", "tier", "source")

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        if data is not None and not data.get("receiver_phone"):
            data = data.copy()
            data["receiver_phone"] = data.get("phone", "")
            data["receiver_name"] = data.get("receiver_name") or data.get("name", "")
        super().__init__(data, **kwargs)

    def clean_phone(self) -> str:
        return _phone(self.cleaned_data["phone"])


class EditOrderForm(OrderForm):
    """A change of an order, against the version and the values the editor has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    lines_seen = forms.CharField(widget=forms.HiddenInput, required=False)
    assigned_to = forms.ModelChoiceField(
        Staff.objects.filter(is_active=True).exclude(role="warehouse"), label=_("负责人"), required=False
    )
    discount = forms.DecimalField(label=_("优惠"), min_value=0, decimal_places=2, required=False)
    shipping_fee = forms.DecimalField(label=_("运费"), min_value=0, decimal_places=2, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.own_fields():
            # What the editor saw travels along, so that only what was touched is a change.
            self.fields[name].show_hidden_initial = True

    def own_fields(self) -> list[str]:
        """The fields a person edits one by one."""
        return [name for name in self.fields if name not in ("version", "lines_seen")]

    def touched(self) -> dict[str, Any]:
        """The values the editor changed, by field."""
        values = {name: self.cleaned_data[name] for name in self.own_fields() if name in self.changed_data}
        if lines_key(self.cleaned_data["items"]) != self.cleaned_data["lines_seen"]:
            values["items"] = self.cleaned_data["items"]
        return values


def lines_key(rows: list[dict[str, Any]]) -> str:
    """Lines as one comparable text."""
    return ";".join(f"{row['sku']}*{row['quantity']}@{_price(row['unit_price'])}" for row in rows)


def _price(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _phone(text: str) -> str:
    try:
        return normalise_phone(text)
    except PhoneRefused as error:
        raise forms.ValidationError(str(error)) from error


def read_lines(data: QueryDict) -> tuple[list[dict[str, Any]], str]:
    """The posted lines, and their errors. A quantity of 0 removes a line."""
    rows: list[dict[str, Any]] = []
    columns = (data.getlist(name) for name in ("sku", "quantity", "unit_price"))
    for sku, quantity, price in zip(*columns, strict=False):
        count = reading.whole_number(quantity.strip() or "0", least=-reading.MOST_ID)
        amount = reading.decimal_amount(price)
        if count is None or (amount is None and price.strip()):
            return rows, _t("%(sku)s 的数量或单价不是数字") % {"sku": sku}
        if count < 0 or (amount is not None and amount < 0):
            return rows, _t("%(sku)s 的数量和单价不能是负数") % {"sku": sku}
        if sku.strip() and count:
            rows.append({"sku": sku.strip(), "quantity": count, "unit_price": amount})
    return rows, "" if rows else _t("至少要有一款商品")
