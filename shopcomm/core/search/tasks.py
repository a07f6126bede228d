from celery import shared_task

from shopcomm.core.search.sorting import merge_pending_index_entries


@shared_task(name="search.sort_in")
def merge_search_indexes() -> int:
    """Bring what was written lately to its place in the indexes for searching. Returns how many pages of it there were."""
    return merge_pending_index_entries()
