"""A phone that is logged in at `/my/`."""

from collections.abc import Callable

import pytest
from django.test import Client

from shopcomm.core.accounts.middleware import MY_SESSION_KEY
from shopcomm.core.accounts.models import Customer


@pytest.fixture
def phone_of() -> Callable[[Customer], Client]:
    """A client whose session has proved the customer's phone."""

    def enter(customer: Customer) -> Client:
        client = Client()
        session = client.session
        session[MY_SESSION_KEY] = [customer.pk, customer.phone]
        session.save()
        client.cookies["sessionid"] = session.session_key
        return client

    return enter


@pytest.fixture
def phone(phone_of, customer) -> Client:
    """The customer's."""
    return phone_of(customer)
