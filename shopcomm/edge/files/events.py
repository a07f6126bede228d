"""What happens with files, for the log: who, which list, how many rows; never what is in them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class ListImported(Event):
    """A file was taken in: which kind, and how many rows were new, changed something or were refused."""

    type = "list.imported"
    label = gettext_lazy("文件已导入")
    audience = SHOP
    icon = "file"
    conflicts = False

    what: str
    file: str
    run: int
    new: int
    changed: int
    refused: int

    def timeline_text(self) -> str:
        """Which file, and how many rows came of it."""
        told = {"file": self.file, "new": self.new, "changed": self.changed}
        return _("导入 %(file)s：新增 %(new)s，修改 %(changed)s") % told


@dataclass(frozen=True, kw_only=True)
class ImportUndone(Event):
    """What a file did was taken back, but for what something has followed."""

    type = "list.import_undone"
    label = gettext_lazy("导入已撤销")
    audience = SHOP
    icon = "file"
    conflicts = False

    what: str
    file: str
    run: int
    undone: int
    kept: int

    def timeline_text(self) -> str:
        """Which file, and how much of it is taken back."""
        told = {"file": self.file, "undone": self.undone, "kept": self.kept}
        return _("撤销导入 %(file)s：撤回 %(undone)s，保留 %(kept)s") % told


@dataclass(frozen=True, kw_only=True)
class ListExported(Event):
    """Somebody took a list out of the shop. `filter` is what it was narrowed to, `contacts` whether phones are whole."""

    type = "list.exported"
    label = gettext_lazy("名单已导出")
    audience = SHOP
    icon = "download"
    conflicts = False

    what: str
    form: str
    filter: str
    rows: int
    contacts: bool

    def timeline_text(self) -> str:
        """Which list, and how long."""
        return _("导出 %(what)s，%(rows)s 行") % {"what": self.what, "rows": self.rows}
