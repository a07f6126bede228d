"""Customers, recognised by their phone."""

import phonenumbers
from django.db import transaction
from django.utils.translation import gettext as _

from shopcomm.core.accounts.models import Customer
from shopcomm.core.text import one_line


def normalise_phone(text: str) -> str:
    """A phone in E.164; numbers without a country code are Chinese. Raises ValueError for anything else.

    Source: ITU-T E.164.
    """
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"not a phone number: {text[:40]!r}") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(f"not a phone number: {text[:40]!r}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@transaction.atomic
def customer_by_phone(
    *, name: str, phone: str, source: str, company: str = "", tier: str = Customer.Tier.RETAIL
) -> Customer:
    """The customer with this phone; a new one when nobody has it. Raises ValueError for no phone at all."""
    number = normalise_phone(phone)
    customer, _made = Customer.objects.get_or_create(
        phone=number,
        defaults={
            "name": one_line(name) or _("客户 %(id)s") % {"id": number[-4:]},
            "phone_tail": number[-4:],
            "source": source,
            "company": one_line(company),
            "tier": tier,
        },
    )
    return customer


@transaction.atomic
def rename_customer(*, customer: Customer, name: str) -> Customer:
    """What a customer wants to be called. Raises ValueError for nothing, and for what is too long."""
    name = name.replace("\x00", "").strip()
    if not name or len(name) > 120:
        raise ValueError("not a name")
    if name != customer.name:
        customer.name = name
        customer.save(update_fields=["name"])
    return customer
