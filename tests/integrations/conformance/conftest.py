from collections.abc import Iterator

import pytest

from tests.factories import VariantFactory
from tests.integrations.conformance.driver import Driver
from tests.integrations.conformance.drivers import drivers_by_name

WAYS = drivers_by_name()


@pytest.fixture(params=sorted(WAYS))
def driver(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Driver]:
    """Another system that is joined in one way: the same test for each."""
    driver = WAYS[request.param]()
    yield driver
    driver.close()


@pytest.fixture
def sku(transactional_db: None) -> str:
    """Goods of which there are enough."""
    return VariantFactory(on_hand=10_000).sku
