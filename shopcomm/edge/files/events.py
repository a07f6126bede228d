"""What happens with files, for the log: who, which list, how many rows; never what is in them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class ListEvent(Event):
    """A fact of one list: `what` is its key."""

    audience = SHOP
    conflicts = False

    what: str


@dataclass(frozen=True, kw_only=True)
class ImportEvent(ListEvent):
    """A fact of one run over a file."""

    icon = "file"

    file: str
    run: int


@dataclass(frozen=True, kw_only=True)
class ListImported(ImportEvent):
    """A file was taken in: how many rows were new, changed something or were refused."""

    type = "list.imported"
    label = gettext_lazy("文件已导入")

    new: int
    changed: int
    refused: int

    def timeline_text(self) -> str:
        """Which file, and how many rows came of it."""
        told = {"file": self.file, "new": self.new, "changed": self.changed}
        return _("导入 %(file)s：新增 %(new)s，修改 %(changed)s") % told


@dataclass(frozen=True, kw_only=True)
class ImportUndone(ImportEvent):
    """What a file did was taken back, but for what something has followed."""

    type = "list.import_undone"
    label = gettext_lazy("导入已撤销")

    undone: int
    kept: int

    def timeline_text(self) -> str:
        """Which file, and how much of it is taken back."""
        told = {"file": self.file, "undone": self.undone, "kept": self.kept}
        return _("撤销导入 %(file)s：撤回 %(undone)s，保留 %(kept)s") % told


@dataclass(frozen=True, kw_only=True)
class ListExported(ListEvent):
    """Somebody took a list out of the shop. `filter` is what it was narrowed to, `contacts` whether phones are whole."""

    type = "list.exported"
    label = gettext_lazy("名单已导出")
    icon = "download"

    form: str
    filter: str
    rows: int
    contacts: bool

    def timeline_text(self) -> str:
        """Which list, and how long."""
        return _("导出 %(what)s，%(rows)s 行") % {"what": self.what, "rows": self.rows}
