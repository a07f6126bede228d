from celery import shared_task

from messaging.services.purges import purge_orphan_files
from messaging.services.renditions import draw_waiting
from messaging.services.unsent_uploads import purge_unsent


@shared_task(name="attachments.draw")
def draw_pictures() -> int:
    """Draw the pictures that wait. Runs after each upload and every ten seconds."""
    return draw_waiting()


@shared_task(name="attachments.purge_unsent")
def purge_unsent_uploads() -> int:
    """Delete uploads that were never sent. Runs every hour."""
    return purge_unsent()


@shared_task(name="attachments.purge_orphans")
def purge_orphans() -> int:
    """Delete files of uploads that no row names. Runs once a day."""
    return purge_orphan_files()
