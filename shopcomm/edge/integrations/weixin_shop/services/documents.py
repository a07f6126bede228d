"""What is to be looked at: an order or an after-sale that somebody spoke of. Its row is the queue."""

from collections.abc import Iterable

from django.db import connection as database
from django.utils import timezone

from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.wake import SoonWoken
from shopcomm.edge.integrations.models import Connection

wake_weixin = SoonWoken("weixin_shop.sync").wake
# However often one is spoken of: looked at once more than now. What is under way does not count as that look.
WANT = """
INSERT INTO weixin_shop_weixindocument
    (connection_id, kind, external_id, wanted, fetched, looks, due_at, failures, error, said, goods, review, is_open)
SELECT %s, %s, id, 1, 0, 0, %s, 0, '', '{}', '[]', '{}', false FROM unnest(%s::text[]) AS id
ON CONFLICT (connection_id, kind, external_id) DO UPDATE
SET wanted = weixin_shop_weixindocument.wanted + 1, due_at = excluded.due_at, failures = 0
"""


def want_documents(connection: Connection, kind: str, ids: Iterable[str]) -> None:
    """Have these looked at soon. One statement, committed with it unless the caller has a transaction."""
    named = sorted({each[:64] for each in ids if each.strip()})
    if not named:
        return
    with database.cursor() as cursor:
        cursor.execute(WANT, [connection.pk, kind, timezone.now(), named])
    call_after_commit(wake_weixin)
