"""A long transaction whose every step has to succeed does without savepoints, and then fails as a whole."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shopcomm.core.accounts.models import Staff
from shopcomm.core.database.savepoints import without_savepoints
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def test_services_inside_a_block_without_savepoints_make_none() -> None:
    with CaptureQueriesContext(connection) as asked, without_savepoints(), transaction.atomic():
        StaffFactory()

    assert not [query for query in asked if "SAVEPOINT" in query["sql"]]


def test_savepoints_are_made_again_after_the_block() -> None:
    with without_savepoints():
        pass
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        pass

    assert [query["sql"].split()[0] for query in asked] == ["SAVEPOINT", "RELEASE"]


@pytest.mark.django_db(transaction=True)
def test_an_error_inside_undoes_the_whole_transaction() -> None:
    def fail() -> None:
        with transaction.atomic(), without_savepoints():
            StaffFactory()
            with transaction.atomic():
                raise RuntimeError("a step failed")

    with pytest.raises(RuntimeError):
        fail()

    assert not Staff.objects.exists()
