import time

import pytest
from django.test import Client

from shopcomm.core.accounts.confirming import CONFIRMED_KEY
from shopcomm.core.accounts.models import Staff
from shopcomm.edge.integrations.keys.models import KeyCall
from shopcomm.edge.integrations.keys.services.recording import write_calls
from tests.api.conftest import body, post, with_scopes  # noqa: F401  (calls of the API)


@pytest.fixture
def office(log_in, manager: Staff) -> Client:
    """A manager who has just given the password once more."""
    client = log_in(manager)
    session = client.session
    session[CONFIRMED_KEY] = int(time.time())
    session.save()
    return client


@pytest.fixture
def no_calls_wait(db: None) -> None:
    """Whatever other tests have called is written, and gone with this test."""
    write_calls()
    KeyCall.objects.all().delete()
