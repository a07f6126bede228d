"""Nothing stands in the house that nobody uses: classes of style sheets, reads and writes, packages."""

import re
from functools import cache
from pathlib import Path

from shopcomm.core.ui.assets import common_stylesheets

ROOT = Path(__file__).resolve().parents[2]
CODE = ("shopcomm", "orders", "messaging")
NAME = r"[A-Za-z_][\w-]*"
# Written by the admin's theme into its own pages.
OTHERS_SHEETS = {"admin.css"}
# What a script may write, how it looks for an element, and how it gives one a class.
STRING = r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`'
SELECTOR = r"(?:\$\$?|querySelector(?:All)?|closest|matches)\(\s*[\"`]([^\"`]*)[\"`]"
SETS_CLASS = r"(?:className\W|classList\.\w+\()([^;]*);"


# --- style sheets --------------------------------------------------------------------------------
def classes() -> dict[str, set[str]]:
    """Every class that a style sheet has a rule for, with the sheets."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "static/css").rglob("*.css"):
        if path.name in OTHERS_SHEETS:
            continue
        text = re.sub(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", path.read_text(), flags=re.DOTALL)
        for selector in re.findall(r"([^{};]+)\{", text):
            for name in re.findall(rf"\.({NAME})", selector):
                found.setdefault(name, set()).add(path.name)
    return found


def named(by_scripts: str = STRING) -> tuple[set[str], set[str]]:
    """Words that may be classes, and beginnings that a template, a script or Python finishes (`wcol--{{ key }}`).

    `by_scripts`: which texts of a script are looked at.
    """
    words: set[str] = set()
    beginnings: set[str] = set()

    def take(text: str, opens: str) -> None:
        words.update(re.findall(NAME, text))
        beginnings.update(re.findall(rf"({NAME})(?:{opens})", text))

    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        tag = r"\{\{.*?\}\}|\{%.*?%\}"
        for said in re.findall(rf'class="((?:[^"{{]|{tag}|\{{)*)"', text, re.DOTALL):
            take(said, r"\{[{%]")
        for said in re.findall(r"block \w*(?:class|room) %\}(.*?)\{% endblock", text, re.DOTALL):
            take(said, r"\{[{%]")
        for said in re.findall(tag, text, re.DOTALL):
            take(" ".join(re.findall(r'"[^"]*"', said)), r"$^")
    for path in (ROOT / "static/js").rglob("*.js"):
        for said in re.findall(by_scripts, path.read_text()):
            take(said, r"\$\{")
    for path in python():
        for said in re.findall(r'"[^"\n]*"', re.sub(r'""".*?"""', "", text_of(path), flags=re.DOTALL)):
            take(said, r"\{")
    return words, {each for each in beginnings if each.endswith(("-", "_"))}


def test_no_script_selects_a_css_class_that_no_template_uses() -> None:
    words, beginnings = named(by_scripts=SETS_CLASS)
    asked = {
        (name, path.name)
        for path in (ROOT / "static/js").rglob("*.js")
        for selector in re.findall(SELECTOR, path.read_text())
        for name in re.findall(rf"\.({NAME})", selector)
        if name not in words and not any(name.startswith(each) for each in beginnings)
    }
    assert asked == set()


def test_css_classes_of_form_fields_exist_in_a_style_sheet() -> None:
    known = classes()
    given = {
        (name, path.name)
        for path in python()
        if "settings" not in path.parts
        for said in re.findall(r""""class"(?:\] = |: )"([^"]*)\"""", text_of(path))
        for name in said.split()
        if name not in known
    }
    assert given == set()


def test_css_class_names_have_at_least_three_letters() -> None:
    assert {name for name in classes() if len(name) < 3} == {"ok", "on"}


def test_every_css_class_of_the_style_sheets_is_used() -> None:
    words, beginnings = named()
    unused = {
        name: sheets
        for name, sheets in classes().items()
        if name not in words and not any(name.startswith(each) for each in beginnings)
    }
    assert unused == {}


def test_every_style_sheet_of_a_view_is_linked() -> None:
    pages = " ".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    asked = set(re.findall(NAME, " ".join(re.findall(r"{% stylesheets(.*?)%}", pages))))
    sheets = {path.stem for path in (ROOT / "static/css/views").glob("*.css")}
    assert sheets - asked - {path.rpartition("/")[2][:-4] for path in common_stylesheets()} == set()


# --- code ----------------------------------------------------------------------------------------
def python() -> list[Path]:
    """Our modules, without migrations."""
    found = [path for top in CODE for path in (ROOT / top).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


@cache
def text_of(path: Path) -> str:
    return path.read_text()


def imports() -> set[tuple[str, str]]:
    """Every `from module import name` of the product and of what measures it."""
    tools = [path for top in ("benchmarks", "fuzz", "mutants") for path in (ROOT / top).rglob("*.py")]
    found: set[tuple[str, str]] = set()
    for path in [*python(), *tools]:
        for module, names in re.findall(
            r"^\s*from ([\w.]+) import (\([^)]*\)|[^\n]*)", text_of(path), re.MULTILINE
        ):
            found |= {(module, name) for name in re.findall(r"(\w+)(?: as \w+)?", names)}
    return found


def test_every_selector_and_service_is_used_by_the_product() -> None:
    imported, everything = imports(), "\n".join(text_of(path) for path in python())
    called_through_modules = set(re.findall(r"\.(\w+)", everything))
    unused = []
    for path in python():
        if not {"selectors", "services"} & set(path.parts):
            continue
        text, module = text_of(path), ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for decorated, name in re.findall(r"^(@[^\n]*\n)?(?:async )?def ([a-z]\w*)", text, re.MULTILINE):
            known = (module, name) in imported or name in called_through_modules
            if (
                not known
                and len(re.findall(rf"\b{name}\b", text)) == 1
                and not decorated.startswith("@receiver")
            ):
                unused.append(f"{module}.{name}")
    assert unused == []


def test_no_package_is_empty() -> None:
    packages = [path.parent for path in python() if path.name == "__init__.py"]
    empty = [
        str(package.relative_to(ROOT))
        for package in packages
        if not any(path.stat().st_size for path in package.rglob("*.py"))
    ]
    assert empty == []
