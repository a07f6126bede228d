"""Which tests run which lines, so that a break is tried with the tests that reach it, quickest first.

Lines that run while a module is loaded (tables, decorators, class bodies) are reached by every test.
"""

import json
import time
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import Phase, settings


class Recorder:
    """A plugin of pytest that writes down which test ran which lines of `modules`, and how long each test took."""

    def __init__(self, modules: list[str], path: str) -> None:
        self._modules = {module: str(Path(module).resolve()) for module in modules}
        self._path = Path(path)
        self._seconds: dict[str, float] = {}
        self._coverage = Coverage(data_file=None, config_file=False, include=list(self._modules.values()))
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._coverage.switch_context(item.nodeid)
        started = time.monotonic()
        answer = yield
        self._seconds[item.nodeid] = time.monotonic() - started
        return answer

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {name: data.contexts_by_lineno(path) for name, path in self._modules.items()}
        self._path.write_text(json.dumps({"seconds": self._seconds, "lines": lines}), encoding="utf-8")


class Chosen:
    """A plugin of pytest that runs the tests of these names alone, in this order.

    A property that fails is not made smaller: that it fails is all that is asked.
    """

    def __init__(self, names: list[str]) -> None:
        self._places = {name: place for place, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        settings.register_profile("breaks", settings(), phases=(Phase.explicit, Phase.generate))
        settings.load_profile("breaks")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._places]
        items.sort(key=lambda item: self._places[item.nodeid])


@dataclass(frozen=True)
class Reach:
    """What one sound run of a part's tests has shown.

    `seconds`: how long each test took; `lines`: for each module, the tests that ran each of its lines.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, frozenset[str]]]

    @classmethod
    def read(cls, path: Path) -> "Reach":
        """What a Recorder wrote."""
        told = json.loads(path.read_text(encoding="utf-8"))
        lines = {
            module: {int(line): frozenset(tests) for line, tests in reached.items()}
            for module, reached in told["lines"].items()
        }
        return cls(told["seconds"], lines)

    def tests_of(self, module: str, first: int, last: int) -> list[str]:
        """Names of the tests that run any of the lines from `first` to `last`, the quickest first."""
        reached: defaultdict[int, frozenset[str]] = defaultdict(frozenset, self.lines[module])
        names = frozenset[str]().union(*(reached[line] for line in range(first, last + 1)))
        chosen = self.seconds if "" in names else names & self.seconds.keys()
        return sorted(chosen, key=lambda name: self.seconds[name])
