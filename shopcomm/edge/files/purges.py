"""Retention of files of lists: rows go by age, and files after their rows."""

from datetime import datetime

from django.db.models import QuerySet

from shopcomm.core.purging import Purge, register_purge
from shopcomm.edge.files.models import ExportRun
from shopcomm.edge.files.services.places import exports_folder, remove_old_files


def _exports(before: datetime) -> QuerySet[ExportRun]:
    return ExportRun.objects.filter(finished_at__lt=before)


def register_file_purges() -> None:
    """Runs when the app is ready."""
    register_purge(Purge("PURGE_FILES_DAYS", _exports))


def purge_files_without_rows() -> int:
    """Delete files that no row names: of rows that went by age, and what a killed worker left. Returns how many."""
    known = set(ExportRun.objects.exclude(file="").values_list("file", flat=True))
    return remove_old_files(exports_folder(), but=known)
