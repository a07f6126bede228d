"""Modules that are collected into one file: each is whole, each is there once, and nothing is joined that cannot be."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shopcomm.core.ui.assets import (
    ENTRY,
    JOINED,
    JOINED_FOR_STAFF,
    all_joined_names,
    joined_names,
    module_bundle,
    read_module,
)
from shopcomm.core.ui.joining import Unjoinable, exports_of, in_order, joined_modules, stand_in

ROOT = Path(__file__).resolve().parents[2]
DOM = (
    'import { every } from "lib/modules.js";\n\nexport const $ = (s) => every(s);\nexport function el() {}\n'
)
MODULES = {
    "lib/modules.js": "export const together = new Map();\nexport function every(x) { return x; }\n",
    "lib/dom.js": DOM,
    "chat/pane.js": 'import Lane, { Later as Soon } from "chat/lane.js";\nimport * as dom from "lib/dom.js";\n'
    "export default class Pane { lane = Lane; soon = Soon; dom = dom; }\n",
    "chat/lane.js": "const hidden = 1;\nexport default class Lane {}\nexport class Later {}\nexport { hidden };\n",
}


def joined(names: list[str], modules: dict[str, str] = MODULES) -> str:
    return joined_modules(
        in_order([ENTRY, *names], modules.__getitem__), modules.__getitem__, entry="lib/modules.js"
    )


@pytest.fixture
def run(chromium) -> Iterator[Callable[[str, str], Any]]:
    """What an expression over the exports of a module, `shop`, is in a browser."""
    page = chromium.new_page()
    asking = "([text]) => import(`data:text/javascript,${encodeURIComponent(text)}`).then((shop) => (%s))"
    yield lambda text, expression: page.evaluate(asking % expression, [text])
    page.close()


def test_joined_modules_see_one_another_and_keep_what_they_do_not_export(run) -> None:
    text = joined(["chat/pane.js"])

    names = ["lib/modules.js", "chat/lane.js", "lib/dom.js", "chat/pane.js"]
    assert run(text, "[...shop.together.keys()]") == names
    pane, lane = 'new (shop.together.get("chat/pane.js").default)()', 'shop.together.get("chat/lane.js")'
    assert run(text, f"{pane}.dom.$(7)") == 7
    same = f"[{pane}.lane === {lane}.default, {pane}.soon === {lane}.Later, {lane}.hidden]"
    assert run(text, same) == [True, True, 1]
    assert run(text, "Object.keys(shop).sort()") == ["every", "together"]


@pytest.mark.parametrize(
    "said",
    [
        "export let n = 1;",
        'export * from "a.js";',
        "export default 5;",
        'import "a.js";',
        "export const { a } = b;",
    ],
)
def test_a_module_that_cannot_be_joined_is_refused(said: str) -> None:
    with pytest.raises(Unjoinable):
        exports_of(f"{said}\n")


def test_modules_that_import_each_other_are_refused() -> None:
    modules = MODULES | {"lib/modules.js": f'import {{ el }} from "lib/dom.js";\n{MODULES["lib/modules.js"]}'}

    with pytest.raises(Unjoinable, match="import each other"):
        joined(["lib/dom.js"], modules)


def test_what_stands_in_for_a_joined_module_exports_the_same_names() -> None:
    for name in joined_names():
        assert exports_of(stand_in_of(name)) == sorted(exports_of(read_module(name)), key="default".__ne__)


def stand_in_of(name: str) -> str:
    """With each name by itself, as a module writes them."""
    text = stand_in(name, read_module(name), entry=ENTRY)
    listed = re.sub(r"export const \{ (.*) \} = part;", r"export { \1 };", text)
    return re.sub(r"export default part.default;", "export default class part {}", listed)


@pytest.mark.parametrize(("path", "names"), [(JOINED, joined_names), (JOINED_FOR_STAFF, all_joined_names)])
def test_a_collected_file_holds_every_module_once(path: str, names: Callable[[], tuple[str, ...]]) -> None:
    text = module_bundle()[path]

    assert [text.count(f'"{name}": ') for name in names()] == [1] * len(names())


def test_each_module_that_customers_share_has_a_stand_in() -> None:
    stands = set(module_bundle()) - {JOINED, JOINED_FOR_STAFF}
    assert stands == {f"js/joined/{name}" for name in joined_names() if name != ENTRY}


def test_what_staff_load_holds_every_module_that_a_page_may_start() -> None:
    started = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for names in re.findall(r'data-module="([^"{]+)"', path.read_text())
        for name in names.split()
    }
    assert started - set(all_joined_names()) == set()
