from celery import shared_task

from shopcomm.core.search.sorting import sort_in


@shared_task(name="search.sort_in")
def sort_in_new_texts() -> int:
    """Bring what was written lately to its place in the indexes for searching. Returns how many pages of it there were."""
    return sort_in()
