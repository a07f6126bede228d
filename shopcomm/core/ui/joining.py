"""Modules joined into one file, so that a phone at the end of a weak line asks once for them and not fifty times.

Files stay as they are written: joining happens when static files are collected. Each module is put into a function of
its own, which returns what it exports; what it imports is looked up by name where the import stood. Only what is named
once and never assigned again can be joined so; anything else is refused.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

IMPORT = re.compile(r'^import (?P<what>[^"]+?) from "(?P<name>[^"]+)";$\n?', re.MULTILINE)
EXPORT = re.compile(
    r"^export (?P<default>default )?(?P<rest>(?:async )?(?:const|function|class) (?P<name>[\w$]+))",
    re.MULTILINE,
)
EXPORTED_LIST = re.compile(r"^export \{ (?P<names>[\w$, ]+) \};$\n?", re.MULTILINE)
# What the two patterns above must have found all of.
SAID = re.compile(r"^(?:import|export)\b", re.MULTILINE)
BOUND = re.compile(r"(?:(?P<default>[\w$]+)(?:, )?)?(?:\{ (?P<names>[^}]+) \})?|\* as (?P<all>[\w$]+)")

Read = Callable[[str], str]


class Unjoinable(ValueError):
    """A module says something that cannot be joined with others."""


def imports_of(text: str) -> list[str]:
    """The names of what a module imports at once, in its order."""
    return [found["name"] for found in IMPORT.finditer(text)]


def in_order(names: Iterable[str], read: Read, *, apart: Iterable[str] = ()) -> list[str]:
    """Modules with all they import, each behind what it needs. Raises Unjoinable where two need each other."""
    found: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise Unjoinable(f"{name} and {above[-1]} import each other")
        if name in found or name in apart:
            return
        for needed in imports_of(read(name)):
            visit(needed, (*above, name))
        found.append(name)

    for name in names:
        visit(name, ())
    return found


def joined_modules(names: list[str], read: Read, *, entry: str) -> str:
    """One module made of several, in their order. It exports what `entry` exports and fills its map `together`."""
    texts = {name: read(name) for name in names}
    apart = dict.fromkeys(each for text in texts.values() for each in imports_of(text) if each not in texts)
    parts = [f'import * as {constant_of(each)} from "{each}";' for each in apart]
    parts += [_in_a_function(name, text) for name, text in texts.items()]
    filled = ", ".join(f'"{name}": {constant_of(name)}' for name in names)
    parts.append(
        f"for (const [name, part] of Object.entries({{ {filled} }})) {constant_of(entry)}.together.set(name, part);"
    )
    parts.append(f"export const {{ {', '.join(exports_of(texts[entry]))} }} = {constant_of(entry)};")
    return "\n".join(parts) + "\n"


def stand_in(name: str, text: str, *, entry: str) -> str:
    """A module that gives out what the joined one of that name exports, to those that were not joined."""
    names = exports_of(text)
    lines = [f'import {{ together }} from "{entry}";', f'const part = together.get("{name}");']
    lines += ["export default part.default;"] if "default" in names else []
    others = [each for each in names if each != "default"]
    lines += [f"export const {{ {', '.join(others)} }} = part;"] if others else []
    return "\n".join(lines) + "\n"


def constant_of(name: str) -> str:
    """What a module is called inside the joined one."""
    return re.sub(r"\W", "_", str(PurePosixPath(name).with_suffix("")))


def exports_of(text: str) -> list[str]:
    """The names that a module exports. Raises Unjoinable."""
    return [name for name, _inside in _exports(text)]


def _exports(text: str) -> list[tuple[str, str]]:
    """What a module exports, and what each is called inside of it."""
    exported, lists = list(EXPORT.finditer(text)), list(EXPORTED_LIST.finditer(text))
    if len(SAID.findall(text)) != len(exported) + len(lists) + len(imports_of(text)):
        raise Unjoinable("an import or an export is written in a way that is not known here")
    found = [("default" if each["default"] else each["name"], each["name"]) for each in exported]
    return found + [(name, name) for each in lists for name in each["names"].split(", ")]


def _in_a_function(name: str, text: str) -> str:
    given = ", ".join(name if name == inside else f"{name}: {inside}" for name, inside in _exports(text))
    body = IMPORT.sub(lambda found: f"const {_bound(found['what'])} = {constant_of(found['name'])};\n", text)
    body = EXPORT.sub(lambda found: found["rest"], EXPORTED_LIST.sub("", body))
    return f"const {constant_of(name)} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"


def _bound(what: str) -> str:
    """`Lane, { Later as Soon }` as a pattern that takes the same out of an object."""
    found = BOUND.fullmatch(what)
    if found is None:
        raise Unjoinable(f"import {what}")
    if found["all"]:
        return found["all"]
    names = [f"default: {found['default']}"] if found["default"] else []
    names += [each.replace(" as ", ": ") for each in (found["names"] or "").split(", ") if each]
    return f"{{ {', '.join(names)} }}"
