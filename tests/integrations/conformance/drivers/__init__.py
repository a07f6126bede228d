"""A file a way, with `open_driver()`: the suite runs with every one of them, and knows none by name."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from tests.integrations.conformance.driver import Driver


def drivers_by_name() -> dict[str, Callable[[], Driver]]:
    """How to open each driver, by the name of its file."""
    names = [each.name for each in iter_modules(__path__)]
    return {name: import_module(f"{__name__}.{name}").open_driver for name in names}
