"""Read markers become memberships, and what waits is counted once from the messages; backwards they become markers again."""

from django.db import migrations

from shopcomm.core.database.batches import run_in_batches

SAID = (
    "(SELECT count(*) FROM messaging_message m WHERE m.conversation_id = c.id AND m.recalled_at IS NULL AND "
)
SHOP = f"{SAID} m.seq {{span}} AND m.sender_kind = 'customer' AND NOT m.acknowledges)"
CUSTOMER = f"{SAID} m.seq {{span}} AND m.sender_kind <> 'customer' AND m.kind <> 'event' AND NOT m.internal)"

# By the keys of the markers.
MEMBERS = f"""
INSERT INTO messaging_membership (conversation_id, member_kind, member_id, side, read_seq, read_at, read_total)
SELECT r.conversation_id, r.reader_kind, r.reader_id, CASE r.reader_kind WHEN 'customer' THEN 'customer' ELSE 'shop' END,
       r.seq, r.read_at,
       CASE r.reader_kind WHEN 'customer' THEN {CUSTOMER.format(span="<= r.seq")} ELSE {SHOP.format(span="<= r.seq")} END
FROM messaging_readmarker r JOIN messaging_conversation c ON c.id = r.conversation_id
WHERE r.id > %s AND r.id <= %s
ON CONFLICT (conversation_id, member_kind, member_id) DO UPDATE
SET read_seq = excluded.read_seq, read_at = excluded.read_at, read_total = excluded.read_total
WHERE messaging_membership.read_seq < excluded.read_seq
"""
# By the keys of the conversations.
NOTHING_READ = f"""
WITH told AS MATERIALIZED (
    SELECT c.id, {SHOP.format(span="> c.closed_seq")} AS for_shop, {CUSTOMER.format(span="> 0")} AS for_customer,
           {SHOP.format(span="<= c.closed_seq")} AS closed
    FROM messaging_conversation c WHERE c.id > %s AND c.id <= %s ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE messaging_conversation c
SET shop_unread = told.for_shop, customer_unread = told.for_customer, closed_total = told.closed
FROM told WHERE c.id = told.id
AND (c.shop_unread, c.customer_unread, c.closed_total) IS DISTINCT FROM (told.for_shop, told.for_customer, told.closed)
"""
# By the keys of the memberships.
MARKERS = """
INSERT INTO messaging_readmarker (conversation_id, reader_kind, reader_id, seq, read_at)
SELECT conversation_id, member_kind, member_id, read_seq, coalesce(read_at, now())
FROM messaging_membership WHERE id > %s AND id <= %s
ON CONFLICT (conversation_id, reader_kind, reader_id) DO UPDATE SET seq = excluded.seq, read_at = excluded.read_at
WHERE messaging_readmarker.seq < excluded.seq
"""


def fill(apps, schema_editor):
    run_in_batches(schema_editor, "messaging_readmarker", MEMBERS)
    run_in_batches(schema_editor, "messaging_conversation", NOTHING_READ)


def put_back(apps, schema_editor):
    run_in_batches(schema_editor, "messaging_membership", MARKERS)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("messaging", "0029_memberships"),
    ]

    operations = [migrations.RunPython(fill, put_back)]
