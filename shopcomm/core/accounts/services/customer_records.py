"""The record of a customer, written by somebody who has it from elsewhere: another system."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from shopcomm.core.accounts.models import Customer
from shopcomm.core.phones import read_phones
from shopcomm.core.refusals import Refusal
from shopcomm.core.text import one_line

ONE_LINE = ("name", "company")


class CustomerTaken(Refusal):
    """Somebody else has this phone or this number; the answer names which customer."""

    code, status, detail = "customer_exists", 409, gettext_lazy("已经有这个电话或外部编号的客户")


@transaction.atomic
def add_customer(*, phone: str, fields: Mapping[str, Any]) -> Customer:
    """A customer who is not known yet. Raises PhoneRefused, CustomerTaken."""
    return _save(Customer(), dict(fields) | {"phone": phone})


@transaction.atomic
def change_customer(*, customer_id: int, fields: Mapping[str, Any]) -> Customer:
    """Other values of the named fields; the others stay. Raises Customer.DoesNotExist, PhoneRefused, CustomerTaken."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    return _save(customer, fields)


def _save(customer: Customer, fields: Mapping[str, Any]) -> Customer:
    for name, value in fields.items():
        setattr(customer, name, one_line(value) if name in ONE_LINE else value)
    if "phone" in fields:
        number, *_others = read_phones(fields["phone"])
        customer.phone, customer.phone_tail = number.key, number.tail
    _check_free(customer)
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        # Another one was made this very moment.
        _check_free(customer)
        raise CustomerTaken from error
    return customer


def _check_free(customer: Customer) -> None:
    for name in ("phone", "external_id"):
        value = getattr(customer, name)
        if value and (other := Customer.objects.filter(**{name: value}).exclude(pk=customer.pk).first()):
            raise CustomerTaken(customer=other.pk, field=name)
