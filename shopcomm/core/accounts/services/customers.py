"""Customers, recognised by their phone."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopcomm.core.accounts.models import Customer
from shopcomm.core.phones import read_phones
from shopcomm.core.refusals import Refusal
from shopcomm.core.text import one_line

LONGEST_NAME = 120


class NameRefused(Refusal):
    """Nothing to call a customer by, or more than fits."""

    code, detail = "name_refused", gettext_lazy("请填写称呼，最多 120 个字")


@transaction.atomic
def customer_by_phone(
    *, name: str, phone: str, source: str, company: str = "", tier: str = Customer.Tier.RETAIL
) -> Customer:
    """The customer with this phone and extension; a new one when nobody has them. Raises PhoneRefused for no phone.

    `name`, `company`, `tier` (retail or wholesale) and `source` (how they came) are kept of a new one only; without a
    name they are called by the last digits of the phone.
    """
    number, *others = read_phones(phone)
    customer, _made = Customer.objects.get_or_create(
        phone=number.key,
        defaults={
            "name": one_line(name) or _("客户 %(id)s") % {"id": number.tail},
            "phone_tail": number.tail,
            "source": source,
            "company": one_line(company),
            "tier": tier,
            "note": _("其他电话：%(phones)s") % {"phones": _("、").join(each.written for each in others)}
            if others
            else "",
        },
    )
    return customer


@transaction.atomic
def rename_customer(*, customer: Customer, name: str) -> Customer:
    """Save the name a customer has chosen. Raises NameRefused for an empty or overlong one."""
    name = one_line(name)
    if not name or len(name) > LONGEST_NAME:
        raise NameRefused()
    if name != customer.name:
        customer.name = name
        customer.save(update_fields=["name"])
    return customer


@transaction.atomic
def keep_customer_language(*, customer: Customer, language: str) -> Customer:
    """How the shop writes to a customer from now on, notices too. What is no language of the shop's changes nothing."""
    known = {code for code, _name in settings.LANGUAGES}
    if language in known and language != customer.language:
        customer.language = language
        customer.save(update_fields=["language"])
    return customer
