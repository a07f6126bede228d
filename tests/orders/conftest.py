"""What tests of services may have around them."""

from collections.abc import Iterator

import pytest

from tests.row_locks import rows_locked_before_they_change


@pytest.fixture
def locks_rows_before_write(db: None) -> Iterator[None]:
    """Orders, stock and conversations are locked before they change, and in one order, whatever a test is about."""
    with rows_locked_before_they_change() as wrong:
        yield
    assert wrong == []
