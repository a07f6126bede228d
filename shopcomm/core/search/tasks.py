from celery import shared_task

from shopcomm.core.search.sorting import merge_pending_index_entries


@shared_task(name="search.sort_in")
def merge_search_indexes() -> int:
    """Merge the pending lists of the search indexes. Returns how many pages they had."""
    return merge_pending_index_entries()
