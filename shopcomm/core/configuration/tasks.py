from celery import shared_task

from shopcomm.core.purging import purge_by_age


@shared_task(name="shop.purge_by_age")
def purge_daily() -> dict[str, int]:
    """Delete rows that have reached their age. Runs once a day."""
    return purge_by_age()
