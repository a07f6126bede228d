"""What is locked is used: a library that nothing of ours names is one more to keep safe for nothing."""

import re
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def locked() -> set[str]:
    """The libraries we asked for, by their names alone."""
    lines = (ROOT / "requirements.in").read_text().split()
    return {re.split(r"[\[=~<>]", line)[0].lower() for line in lines}


def test_every_required_library_is_imported_or_configured() -> None:
    modules: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            modules.setdefault(re.sub(r"[._]", "-", name).lower(), set()).add(module)
    sources = [path for top in ("shopcomm", "orders", "messaging") for path in (ROOT / top).rglob("*.py")]
    text = "\n".join(path.read_text() for path in sources) + (ROOT / "Procfile").read_text()
    unused = {
        name
        for name in locked()
        if not any(re.search(rf"\b{module}\b", text) for module in modules.get(name, {name}))
    }
    assert unused == set()
