"""Customers from a file: known by their number in another system or by their phone; an empty cell changes nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import Order
from orders.reading.amounts import CENT
from orders.services.file_lists.cells import (
    check_untouched,
    differing_values,
    fitting_text,
    labels_of,
    number_of,
    whole_number_of,
)
from orders.services.file_lists.changes import Change, Effect
from orders.services.file_lists.layout import Field
from orders.services.imports.values import RowRefused, cell_text, code_of
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import LONGEST_TAG, MOST_TAGS, Source
from shopcomm.core.form_fields import typed_words
from shopcomm.core.phones import PhoneRefused, normalise_phone, read_phone

FIELDS = (
    Field("name", gettext_lazy("姓名"), "姓名 客户姓名 客户名称 客户 联系人 名称 收货人 买家姓名 买家 name customername customer contact", True),
    Field("phone", gettext_lazy("手机"), "手机 手机号 手机号码 联系手机 电话 联系电话 联系方式 收货电话 收货人手机 phone mobile telephone tel"),
    Field("external_id", gettext_lazy("外部编号"), "外部编号 客户编号 客户编码 会员号 编号 customerid customercode id"),
    Field("company", gettext_lazy("公司"), "公司 公司名称 单位 店名 店铺名称 company"),
    Field("tier", gettext_lazy("类型"), "类型 客户类型 等级 客户等级 tier type"),
    Field("email", gettext_lazy("邮箱"), "邮箱 电子邮箱 email mail"),
    Field("tags", gettext_lazy("标签"), "标签 客户标签 tags"),
    Field("credit_limit", gettext_lazy("赊账额度"), "赊账额度 信用额度 额度 creditlimit credit"),
    Field("credit_days", gettext_lazy("挂账付款期（天）"), "挂账付款期 账期 账期天数 付款期 creditdays terms"),
    Field("note", gettext_lazy("备注"), "备注 说明 note remark"),
)  # fmt: skip
TIERS = {
    "零售": "retail", "散客": "retail", "retail": "retail",
    "批发": "wholesale", "批发商": "wholesale", "经销商": "wholesale", "wholesale": "wholesale",
}  # fmt: skip
MOST_DAYS = 3650
MOST_CREDIT = Decimal("9999999999.99")


class CustomerImporter:
    """Takes customers in."""

    def key_of(self, fields: Mapping[str, Any]) -> str:
        """Their number, or else their phone as it is kept."""
        wanted = _wanted(fields)
        if key := wanted.get("external_id") or wanted.get("phone"):
            return str(key)
        raise RowRefused(_("没有手机号，也没有外部编号"))

    def compare(self, fields: Mapping[str, Any]) -> Effect:
        """Whether they are known, and otherwise than the row says."""
        wanted = _wanted(fields)
        known = _known(wanted)
        if known is None:
            _check_new(wanted)
            return Effect.NEW
        return Effect.CHANGED if _differences(known, wanted)[1] else Effect.SAME

    def take(self, fields: Mapping[str, Any], actor: Actor) -> Change:
        """Add them, or change what is otherwise."""
        wanted = _wanted(fields)
        known = _known(wanted)
        if known is None:
            _check_new(wanted)
            made = Customer.objects.create(source=Source.API, **_with_tail(wanted))
            made.refresh_from_db()
            return Change(Effect.NEW, made.pk, {}, _values(made, wanted))
        known = Customer.objects.select_for_update().get(pk=known.pk)
        before, after = _differences(known, wanted)
        if after:
            _save(known, after)
        return Change(Effect.CHANGED if after else Effect.SAME, known.pk, before, after)

    def undo(self, change: Change, actor: Actor) -> None:
        """Take a new customer off the list, or give a known one their values back."""
        customer = Customer.objects.select_for_update().filter(pk=change.object_id).first()
        if customer is None:
            raise RowRefused(_("已经不在了"))
        check_untouched(_values(customer, change.after), change.after, called=customer.name, fields=FIELDS)
        if change.effect is Effect.NEW:
            _remove(customer)
        else:
            _save(customer, change.before)


def _wanted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says, as it is kept; texts and numbers that JSON knows."""
    wanted: dict[str, Any] = {}
    for name in ("name", "company"):
        if text := cell_text(fields.get(name)):
            wanted[name] = _fitting(name, text)
    if number := code_of(fields.get("external_id")):
        wanted["external_id"] = _fitting("external_id", number)
    if phone := cell_text(fields.get("phone")):
        wanted["phone"] = _phone(phone)
    if tier := cell_text(fields.get("tier")):
        if tier.lower() not in TIERS:
            raise RowRefused(_("类型请写“零售”或“批发”：%(value)s") % {"value": tier[:20]})
        wanted["tier"] = TIERS[tier.lower()]
    if email := cell_text(fields.get("email")):
        wanted["email"] = _email(email)
    if tags := cell_text(fields.get("tags")):
        wanted["tags"] = _tags(tags)
    if "credit_limit" in fields:
        wanted["credit_limit"] = _credit(fields["credit_limit"])
    if "credit_days" in fields:
        wanted["credit_days"] = _days(fields["credit_days"])
    if note := cell_text(fields.get("note")):
        wanted["note"] = note
    return wanted


def _known(wanted: Mapping[str, Any]) -> Customer | None:
    """The customer a row means. Two that are known by its number and by its phone are two people."""
    found = {}
    for name in ("external_id", "phone"):
        if value := wanted.get(name):
            found[name] = Customer.objects.filter(**{name: value}).first()
    by_number, by_phone = found.get("external_id"), found.get("phone")
    if by_number and by_phone and by_number != by_phone:
        raise RowRefused(_("外部编号和手机号是两位不同的客户"))
    if by_phone and "external_id" in wanted and by_number is None and by_phone.external_id:
        raise RowRefused(_("这个手机号是另一位客户的，编号 %(id)s") % {"id": by_phone.external_id})
    return by_number or by_phone


def _check_new(wanted: Mapping[str, Any]) -> None:
    if "name" not in wanted:
        raise RowRefused(_("新客户要有姓名"))


def _differences(known: Customer, wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = differing_values(_values(known, wanted), wanted)
    if after.get("credit_days") is not None and known.no_due_date:
        raise RowRefused(_("这位客户设为不设到期日，不能有付款期"))
    return before, after


def _values(customer: Customer, names: Iterable[str]) -> dict[str, Any]:
    """Some values of a customer, as JSON knows them."""
    found = {name: getattr(customer, name) for name in names}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in found.items()}


def _with_tail(values: Mapping[str, Any]) -> dict[str, Any]:
    """With the last digits of a phone, by which people are looked for."""
    if "phone" not in values:
        return dict(values)
    return dict(values) | {"phone_tail": read_phone(values["phone"]).tail if values["phone"] else ""}


def _save(customer: Customer, values: Mapping[str, Any]) -> None:
    whole = _with_tail(values)
    for name, value in whole.items():
        setattr(customer, name, value)
    customer.save(update_fields=list(whole))


def _remove(customer: Customer) -> None:
    """Delete a customer with whom nothing has happened."""
    if order := Order.objects.filter(customer=customer).order_by("pk").first():
        raise RowRefused(_("%(sku)s 已有订单 %(number)s") % {"sku": customer.name, "number": order.number})
    name = customer.name
    try:
        customer.delete()
    except ProtectedError as error:
        raise RowRefused(_("%(sku)s 已在别处用到") % {"sku": name}) from error


def _label(name: str) -> str:
    return labels_of(FIELDS, [name])


def _fitting(name: str, text: str) -> str:
    return fitting_text(text, Customer, name, what=_label(name))


def _phone(text: str) -> str:
    try:
        return normalise_phone(text)
    except PhoneRefused as error:
        raise RowRefused(f"{error}：{text[:40]}") from error


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise RowRefused(_("邮箱不正确：%(value)s") % {"value": text[:40]}) from error
    return _fitting("email", text)


def _tags(text: str) -> list[str]:
    tags = typed_words(text)
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        told = {"count": MOST_TAGS, "length": LONGEST_TAG}
        raise RowRefused(_("最多 %(count)s 个标签，每个不超过 %(length)s 个字") % told)
    return tags


def _credit(cell: Any) -> str:
    limit = number_of(cell, what=_label("credit_limit"), least=0, most=MOST_CREDIT, step=CENT)
    return str(limit.quantize(CENT))


def _days(cell: Any) -> int:
    return whole_number_of(cell, what=_label("credit_days"), least=0, most=MOST_DAYS)
