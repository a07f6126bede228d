"""Where files of lists lie: below MEDIA_ROOT, which web and worker share, and served by views that check who asks."""

import secrets
import time
from collections.abc import Container
from pathlib import Path

from django.conf import settings

FOLDER_MODE = 0o750
# What is younger may be in the middle of being written.
WRITING_SECONDS = 6 * 3600


def exports_folder() -> Path:
    """The folder of lists that were written."""
    return _folder("exports")


def imports_folder() -> Path:
    """The folder of files that are taken in, and of the lists of what was refused of them."""
    return _folder("imports")


def _folder(name: str) -> Path:
    path = Path(settings.MEDIA_ROOT) / "files" / name
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    return path


def new_name(ending: str) -> str:
    """A name nobody guesses and nobody has."""
    return f"{secrets.token_hex(16)}.{ending}"


def remove_old_files(folder: Path, *, but: Container[str]) -> int:
    """Delete what nobody is writing any more, but for files of these names. Returns how many."""
    oldest, removed = time.time() - WRITING_SECONDS, 0
    for path in folder.iterdir():
        if path.name not in but and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
