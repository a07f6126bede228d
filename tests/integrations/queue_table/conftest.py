"""Roles of other systems on the real server, each over connections of its own, and gone after the test."""

from collections.abc import Callable, Iterator

import pytest

from shopcomm.edge.integrations.queue_table.services.roles import drop_sync_role
from tests.integrations.queue_table.others import Other, join_queue

Join = Callable[..., Other]


@pytest.fixture
def join(transactional_db: None) -> Iterator[Join]:
    """Makes a role and logs in as it."""
    joined: list[Other] = []

    def enter(name: str = "erp") -> Other:
        joined.append(join_queue(name))
        return joined[-1]

    yield enter
    for other in joined:
        other.leave()
        drop_sync_role(other.role)


@pytest.fixture
def erp(join: Join) -> Other:
    return join("erp")
