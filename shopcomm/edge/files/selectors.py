"""Reading what was asked for of files."""

from django.db.models import QuerySet

from shopcomm.core.accounts.models import Staff
from shopcomm.edge.files.models import ExportRun, ImportRun

SHOWN = 50


def own_exports(staff: Staff) -> QuerySet[ExportRun]:
    """What somebody had written, the newest first. Nobody else has it: a list is what its reader may see."""
    return ExportRun.objects.filter(staff=staff).order_by("-pk")


def latest_imports() -> QuerySet[ImportRun]:
    """Every manager's imports, the newest first: what one has taken in, another may have to take back."""
    return ImportRun.objects.select_related("staff").order_by("-pk")
