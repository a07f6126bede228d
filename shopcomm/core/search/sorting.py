"""Sorting new texts into the indexes for searching, away from whoever writes them.

PostgreSQL puts what is new on a list beside such an index, which every search reads through, and sorts a full list in
during somebody's INSERT. Done here every few seconds the list stays short, and nobody's message waits for it.
"""

from django.db import connection

SORT_IN = """
SELECT coalesce(sum(gin_clean_pending_list(i.indexrelid)), 0)::bigint
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
WHERE a.amname = 'gin' AND i.indisvalid AND pg_table_is_visible(i.indexrelid)
AND pg_get_indexdef(i.indexrelid) LIKE '%%search_bigrams(%%'
"""


def merge_pending_index_entries() -> int:
    """Empty the lists of all indexes for searching. Returns how many pages they had."""
    with connection.cursor() as cursor:
        cursor.execute(SORT_IN, [])
        return int(cursor.fetchone()[0])
