"""Draws docs/drawings/floors.svg from the imports of the code: floors, their rooms, and what uses what how often.

Run by `make drawings`. A house test says when the picture no longer shows the house.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Path(__file__).with_suffix(".svg")
# From top to bottom; a module belongs to the first whose name it begins with.
FLOORS = {"shopcomm.edge": "edge", "messaging": "messaging", "orders": "orders", "shopcomm.core": "core"}
SINGLE = "files"

WIDTH, ROOMS_WIDTH, ROOM_WIDTH, ROOM_HEIGHT, IN_A_ROW = 1260, 800, 190, 82, 4
HEAD, GAP, LANE = 34, 34, 70
STYLE = """
  .paper { fill: #fff } .floor { fill: #f3f1ec; stroke: #c9c3b6 } .room { fill: #fff; stroke: #b9b2a3 }
  text { font: 12px system-ui, sans-serif; fill: #45413a } .name { font-weight: 600; font-size: 14px; fill: #1f1c17 }
  .arrow { stroke: #8a4b1f; fill: none } .head { fill: #8a4b1f } .count { font-weight: 600; fill: #8a4b1f }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #141311 } .floor { fill: #201e1b; stroke: #4a463f } .room { fill: #2b2925; stroke: #57524a }
    text { fill: #c9c4ba } .name { fill: #f2eee6 }
    .arrow { stroke: #e0a377 } .head, .count { fill: #e0a377 }
  }
"""

Room = tuple[str, str]


@dataclass
class House:
    """How many modules each room has, and how many imports lead from room to room."""

    modules: Counter[Room] = field(default_factory=Counter)
    imports: Counter[tuple[Room, Room]] = field(default_factory=Counter)

    def rooms_of(self, floor: str) -> list[str]:
        """The rooms of a floor by name, modules that are in none last."""
        return sorted(
            (room for each, room in self.modules if each == floor), key=lambda room: (room == SINGLE, room)
        )

    def between_floors(self) -> dict[tuple[str, str], int]:
        """How many imports lead from floor to floor."""
        found: Counter[tuple[str, str]] = Counter()
        for ((above, _room), (below, _other)), count in self.imports.items():
            if above != below:
                found[above, below] += count
        return dict(found)

    def used_by(self, floor: str, room: str) -> list[tuple[str, int]]:
        """The other rooms of its floor that a room imports, the most used first."""
        found = [
            (other, count)
            for ((above, here), (below, other)), count in self.imports.items()
            if (above, here) == (floor, room) and below == floor and other != room
        ]
        return sorted(found, key=lambda each: (-each[1], each[0]))


def room_of(module: str, packages: set[str]) -> Room | None:
    """The floor and the room of a module; None for the roof and the settings."""
    for prefix, floor in FLOORS.items():
        if module == prefix or module.startswith(f"{prefix}."):
            first = module.removeprefix(prefix).removeprefix(".").split(".")[0]
            return floor, first if f"{prefix}.{first}" in packages else SINGLE
    return None


def sources() -> dict[str, Path]:
    """The modules of the product by their dotted names, without migrations."""
    found = {}
    for top in ("shopcomm", "messaging", "orders"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(tree: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    """The modules of ours that a module imports; those for types only are no use of them, and are left out."""
    for_types = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for each in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from inner & known.keys() or {node.module}


def survey() -> House:
    """Read the whole code once."""
    known, house = sources(), House()
    packages = {name for name, path in known.items() if path.name == "__init__.py"}
    for name, path in known.items():
        here = room_of(name, packages)
        if here is None or not path.stat().st_size:
            continue
        house.modules[here] += 1
        for other in set(imported(ast.parse(path.read_text()), known)):
            if (there := room_of(other, packages)) is not None:
                house.imports[here, there] += 1
    return house


# --- the picture ---------------------------------------------------------------------------------
def described(house: House) -> str:
    """The same in words, for who cannot see it."""
    arrows = [
        f"{above} imports {below} {count} times"
        for (above, below), count in sorted(house.between_floors().items())
    ]
    floors = [f"{floor}: {', '.join(house.rooms_of(floor))}" for floor in FLOORS.values()]
    return f"Floors from top to bottom, with their rooms. {'. '.join(floors)}. Between floors: {'; '.join(arrows)}."


def uses_text(uses: list[tuple[str, int]]) -> list[str]:
    """What a room uses most, in at most two short lines."""
    words = [f"{room} {count}" for room, count in uses[:4]]
    # Of words that are too long for a line the last is left out; the first are the ones that count.
    lines = [words[:2], words[2:]]
    return [" · ".join(line if len(" · ".join(line)) < 29 else line[:1]) for line in lines if line]


def drawn_room(house: House, floor: str, room: str, x: int, y: int) -> str:
    """One room: its name, its modules, what it uses of its floor."""
    count = house.modules[floor, room]
    lines = [f"{count} module{'s' if count != 1 else ''}", *uses_text(house.used_by(floor, room))]
    texts = "".join(
        f'<text x="{x + 10}" y="{y + 36 + 16 * place}">{escape(line)}</text>'
        for place, line in enumerate(lines)
        if line
    )
    box = f'<rect class="room" x="{x}" y="{y}" width="{ROOM_WIDTH - 10}" height="{ROOM_HEIGHT - 8}" rx="4"/>'
    return f'{box}<text class="name" x="{x + 10}" y="{y + 19}">{escape(room)}</text>{texts}'


def drawn_floors(house: House) -> tuple[str, dict[str, tuple[int, int]], int]:
    """All floors below each other, where each begins and ends, and the height of it all."""
    parts, places, y = [], {}, 10
    for floor in FLOORS.values():
        rooms = house.rooms_of(floor)
        height = HEAD + ROOM_HEIGHT * -(-len(rooms) // IN_A_ROW) + 6
        parts.append(
            f'<rect class="floor" x="10" y="{y}" width="{ROOMS_WIDTH - 20}" height="{height}" rx="6"/>'
        )
        total = sum(house.modules[floor, room] for room in rooms)
        parts.append(f'<text class="name" x="24" y="{y + 22}">{floor}</text>')
        parts.append(f'<text x="{ROOMS_WIDTH - 110}" y="{y + 22}">{total} modules</text>')
        for place, room in enumerate(rooms):
            row, column = divmod(place, IN_A_ROW)
            parts.append(
                drawn_room(house, floor, room, 22 + column * ROOM_WIDTH, y + HEAD + row * ROOM_HEIGHT)
            )
        places[floor] = (y, y + height)
        y += height + GAP
    return "\n".join(parts), places, y - GAP + 10


def drawn_arrows(house: House, places: dict[str, tuple[int, int]]) -> str:
    """What leads from floor to floor: beside the rooms, a lane for each pair."""
    order = list(FLOORS.values())
    pairs = sorted(
        house.between_floors().items(), key=lambda each: (order.index(each[0][0]), order.index(each[0][1]))
    )
    parts = []
    for lane, ((above, below), count) in enumerate(pairs):
        x = ROOMS_WIDTH + 16 + lane * LANE
        start, end = sum(places[above]) // 2 + 8 * lane, places[below][0] + 24 + 8 * lane
        wall = ROOMS_WIDTH - 10
        parts.append(f'<path class="arrow" d="M{wall} {start}H{x}V{end}H{wall + 8}"/>')
        parts.append(f'<path class="head" d="M{wall} {end}l9 -4v8z"/>')
        parts.append(f'<text class="count" x="{x + 4}" y="{start + 16}">{count}</text>')
        parts.append(f'<text x="{x + 4}" y="{start + 31}">{below}</text>')
    return "\n".join(parts)


def draw(house: House) -> str:
    """The whole picture. Nothing in it depends on the machine it is made on."""
    floors, places, height = drawn_floors(house)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title words">
<title id="title">Floors and rooms of ShopComm, and the imports between them</title>
<desc id="words">{escape(described(house))}</desc>
<style>{STYLE}</style>
<rect class="paper" width="{WIDTH}" height="{height}"/>
{floors}
{drawn_arrows(house, places)}
</svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(draw(survey()))
