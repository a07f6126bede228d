"""Draws the demo shop's bags: six shapes in eight colours. `python -m shopcomm.edge.demo.drawing [FOLDER]`."""

import sys
from pathlib import Path

BAGS = Path(__file__).resolve().parents[3] / "static" / "bags"

COLORS = {
    "black": "#2b2f33",
    "blue": "#5f7f9e",
    "brown": "#6b4630",
    "caramel": "#b87333",
    "green": "#4a6b57",
    "grey": "#8fa39a",
    "navy": "#34506b",
    "pink": "#d79aac",
}

# What is drawn inside 64 × 64, back to front; COLOR is the leather or the shell.
SHAPES = {
    "backpack": (
        '<path d="M26 13V9.500a6 6 0 0 1 12 0V13" fill="none" stroke="#8b9499" stroke-width="2.800"/>',
        '<path d="M14 28C14 17 20 11 32 11s18 6 18 17v24a5 5 0 0 1-5 5H19a5 5 0 0 1-5-5z" fill="COLOR"/>',
        '<path d="M14 28C14 17 20 11 32 11c-8 3-11 9-11 17v29h-2a5 5 0 0 1-5-5z" fill="#fff" fill-opacity=".22"/>',
        '<rect x="20" y="34" width="24" height="17" rx="4" fill="#000" fill-opacity=".16"/>',
        '<path d="M20.500 40h23" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="1" stroke-dasharray="2 2"/>',
        '<path d="M19 27h26" stroke="#000" stroke-opacity=".25" stroke-width="2"/>',
        '<rect x="30.500" y="38.500" width="3" height="5" rx="1" fill="#c9ced1"/>',
    ),
    "brief": (
        '<path d="M25 20v-4a3 3 0 0 1 3-3h8a3 3 0 0 1 3 3v4" fill="none" stroke="#555d61" stroke-width="3"/>',
        '<rect x="8" y="19" width="48" height="34" rx="4" fill="COLOR"/>',
        '<path d="M8 23a4 4 0 0 1 4-4h40a4 4 0 0 1 4 4v8c0 4-10 7-24 7S8 35 8 31z" fill="#000" fill-opacity=".16"/>',
        '<path d="M11 44h42" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="1" stroke-dasharray="2 2"/>',
        '<rect x="29" y="35" width="6" height="6" rx="1.500" fill="#c9ced1"/>',
    ),
    "crossbody": (
        '<path d="M12 34C10 14 22 6 32 6s22 8 20 28" fill="none" stroke="#b99c5e" stroke-width="2" stroke-dasharray="3 2"/>',
        '<path d="M11 30h42v19a6 6 0 0 1-6 6H17a6 6 0 0 1-6-6z" fill="COLOR"/>',
        '<path d="M11 30h42v6c0 6-9 10-21 10S11 42 11 36z" fill="#000" fill-opacity=".16"/>',
        '<path d="M13.500 36c1 5 9 7.500 18.500 7.500S49.500 41 50.500 36" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="1" stroke-dasharray="2 2"/>',
        '<rect x="28.500" y="41.500" width="7" height="7" rx="2" fill="#c9a85c"/>',
    ),
    "duffel": (
        '<path d="M22 28c0-9 4-13 10-13s10 4 10 13" fill="none" stroke="#000" stroke-opacity=".4" stroke-width="2.600"/>',
        '<rect x="6" y="25" width="52" height="27" rx="11" fill="COLOR"/>',
        '<path d="M18 25v27M46 25v27" stroke="#000" stroke-opacity=".22" stroke-width="4"/>',
        '<path d="M12 30h40" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="1" stroke-dasharray="2 2"/>',
        '<rect x="6" y="25" width="52" height="9" rx="9" fill="#fff" fill-opacity=".22"/>',
        '<rect x="29" y="28" width="6" height="4" rx="1" fill="#c9ced1"/>',
    ),
    "suitcase": (
        '<path d="M24 16V7.500A1.500 1.500 0 0 1 25.500 6h13A1.500 1.500 0 0 1 40 7.500V16" fill="none" stroke="#8b9499" stroke-width="3"/>',
        '<rect x="15" y="15" width="34" height="41" rx="5" fill="COLOR"/>',
        '<path d="M21 15v41M27.500 15v41M36.500 15v41M43 15v41" stroke="#000" stroke-opacity=".17" stroke-width="1.800"/>',
        '<rect x="15" y="15" width="6" height="41" rx="3" fill="#fff" fill-opacity=".22"/>',
        '<rect x="15" y="33" width="34" height="3" fill="#000" fill-opacity=".16"/>',
        '<rect x="29.500" y="31.500" width="5" height="6" rx="1" fill="#c9ced1"/>',
        '<rect x="19" y="56" width="6" height="4" rx="2" fill="#3c4346"/>',
        '<rect x="39" y="56" width="6" height="4" rx="2" fill="#3c4346"/>',
    ),
    "tote": (
        '<path d="M22 26c0-12 4-18 10-18s10 6 10 18" fill="none" stroke="COLOR" stroke-width="3.200"/>',
        '<path d="M22 26c0-12 4-18 10-18s10 6 10 18" fill="none" stroke="#000" stroke-opacity=".22" stroke-width="3.200"/>',
        '<path d="M10 24h44l-4 30a3 3 0 0 1-3 2.600H17a3 3 0 0 1-3-2.600z" fill="COLOR"/>',
        '<path d="M10 24h44l-.8 6H10.800z" fill="#000" fill-opacity=".16"/>',
        '<path d="M14.500 33.500 17 53h30l2.500-19.500" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="1" stroke-dasharray="2 2"/>',
        '<circle cx="22" cy="28" r="1.600" fill="#c9ced1"/>',
        '<circle cx="42" cy="28" r="1.600" fill="#c9ced1"/>',
    ),
}


def draw_bag(shape: str, color: str) -> str:
    """One bag as SVG."""
    parts = "".join(SHAPES[shape]).replace("COLOR", COLORS[color])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{parts}</svg>\n'


def draw_all(folder: Path = BAGS) -> int:
    """Every shape in every colour into a folder. Returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(shape, color) for shape in SHAPES for color in COLORS]
    for shape, color in pairs:
        (folder / f"{shape}-{color}.svg").write_text(draw_bag(shape, color))
    return len(pairs)


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else BAGS)
