"""The sweep of work on files: rows say what is to be done, so that the next one makes up for a missed one."""

from celery import shared_task

from shopcomm.edge.files.purges import purge_files_without_rows
from shopcomm.edge.files.services.working import work_on_files


@shared_task(name="files.work")
def work_on_waiting_files() -> int:
    """Write and read what waits. Runs when something is asked for and every five seconds."""
    return work_on_files()


@shared_task(name="files.purge")
def purge_old_files() -> int:
    """Delete files whose rows are gone. Runs once a day."""
    return purge_files_without_rows()
