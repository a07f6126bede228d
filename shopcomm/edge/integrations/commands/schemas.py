"""The JSON schemas of commands and answers, as docs/ has them, for programs to fetch."""

from django.conf import settings

FOLDER = settings.BASE_DIR / "docs" / "schemas"


def schema_text(name: str) -> str:
    """A schema by its name, such as `order.change_requested.v1`; empty where there is none."""
    known = {path.stem: path for path in FOLDER.glob("*.json")}
    return known[name].read_text() if name in known else ""
