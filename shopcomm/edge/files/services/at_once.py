"""A file's whole way in, without a page between its steps: the columns stay as they are guessed or were chosen before."""

import time
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from shopcomm.core.accounts.models import Staff
from shopcomm.core.outcomes import run_service
from shopcomm.edge.files.errors import ImportStepRefused
from shopcomm.edge.files.models import ImportRun
from shopcomm.edge.files.services.importing import (
    begin_import,
    confirm_import,
    drop_import,
    lay_out,
    layout_of,
)
from shopcomm.edge.files.services.working import work_on_files

Stage = ImportRun.Stage
# While a worker has the file instead of us.
LOOK_SECONDS = 0.2


def import_at_once(staff: Staff, kind: str, path: Path, *, only_try: bool = False) -> ImportRun:
    """Take a file in as its manager would by pressing on; the run is on their page, and can be undone there.

    `only_try`: its rows are compared, and nothing is written. Raises ImportStepRefused, and OSError for a file that cannot be read.
    """
    with path.open("rb") as file:
        run = begin_import(staff, kind, UploadedFile(file, path.name, size=path.stat().st_size))
    _wait_for(run, Stage.LAYING_OUT)
    laid_out = run_service(lambda: lay_out(run.pk, layout_of(run)))
    if laid_out.refusal:
        drop_import(run.pk)
        raise laid_out.refusal
    _wait_for(run, Stage.CHECKED)
    if only_try:
        drop_import(run.pk)
        return run
    confirm_import(run.pk)
    _wait_for(run, Stage.DONE)
    return run


def _wait_for(run: ImportRun, stage: ImportRun.Stage) -> None:
    """Do the worker's part unless a worker does it. Raises ImportStepRefused where it fails."""
    work_on_files()
    run.refresh_from_db()
    while run.is_workers:
        time.sleep(LOOK_SECONDS)
        work_on_files()
        run.refresh_from_db()
    if run.stage != stage:
        raise ImportStepRefused(run.detail or run.get_stage_display())
