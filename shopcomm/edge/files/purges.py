"""Retention of files of lists: rows go by age, and files after their rows."""

from datetime import datetime

from django.db.models import QuerySet

from shopcomm.core.purging import Purge, register_purge
from shopcomm.edge.files.models import WORKERS_STAGES, ExportRun, ImportRun
from shopcomm.edge.files.services.places import exports_folder, imports_folder, remove_old_files


def _exports(before: datetime) -> QuerySet[ExportRun]:
    return ExportRun.objects.filter(finished_at__lt=before)


def _imports(before: datetime) -> QuerySet[ImportRun]:
    """Those that are over, and those that nobody went on with."""
    return ImportRun.objects.filter(asked_at__lt=before).exclude(stage__in=WORKERS_STAGES)


def register_file_purges() -> None:
    """Runs when the app is ready."""
    register_purge(Purge("PURGE_FILES_DAYS", _exports))
    register_purge(Purge("PURGE_FILES_DAYS", _imports))


def purge_files_without_rows() -> int:
    """Delete files that no row names: of rows that went by age, and what a killed worker left. Returns how many."""
    written = set(ExportRun.objects.exclude(file="").values_list("file", flat=True))
    taken = {name for names in ImportRun.objects.values_list("file", "refused_file") for name in names}
    return remove_old_files(exports_folder(), but=written) + remove_old_files(imports_folder(), but=taken)
