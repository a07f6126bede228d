"""The ways in for files of products, stock and customers: whoever takes one joins, and has a place on the admin's home.

As long as nobody has joined, the page says nothing of files: there is no way in that leads nowhere.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class FileImport:
    """One kind of file that the shop takes."""

    title: str | Promise
    # What the file holds and what becomes of it, in a sentence.
    about: str | Promise
    # The name of the page that takes it, and what of its address says which kind.
    page: str
    args: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """Where it is taken."""
        return reverse(self.page, args=self.args)


_known: list[FileImport] = []


def join_file_import(file_import: FileImport) -> None:
    """Have a way in on the admin's home. Runs when an app is ready."""
    if file_import not in _known:
        _known.append(file_import)


def leave_file_import(file_import: FileImport) -> None:
    """Take a way in off the page again."""
    _known.remove(file_import)


def file_imports() -> tuple[FileImport, ...]:
    """Every way in, in the order in which they joined."""
    return tuple(_known)
