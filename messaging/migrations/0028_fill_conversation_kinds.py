"""Kind, state and who is in charge, from what the rows say already: an order's conversation is its assignee's."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from shopcomm.core.database.batches import run_in_batches

FILL = """
WITH told AS MATERIALIZED (
    SELECT t.id,
           CASE WHEN t.order_id IS NULL THEN 'customer' ELSE 'order' END AS kind,
           CASE WHEN t.closed_at IS NOT NULL AND t.closed_seq >= greatest(t.last_customer_seq, t.last_shop_seq)
                THEN 'closed' ELSE 'open' END AS state,
           CASE WHEN t.order_id IS NULL THEN t.assigned_to_id ELSE o.assigned_to_id END AS assigned_to_id
    FROM messaging_conversation t LEFT JOIN orders_order o ON o.id = t.order_id
    WHERE t.id > %s AND t.id <= %s
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE messaging_conversation c SET kind = told.kind, state = told.state, assigned_to_id = told.assigned_to_id
FROM told WHERE c.id = told.id
  AND (c.kind, c.state, c.assigned_to_id) IS DISTINCT FROM (told.kind, told.state, told.assigned_to_id)
"""


def fill(apps, schema_editor):
    run_in_batches(schema_editor, "messaging_conversation", FILL)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("messaging", "0027_conversation_kinds"),
        ("orders", "0025_note_words"),
    ]

    operations = [
        # Backwards nothing is to be done: what said the same before is still there.
        migrations.RunPython(fill, migrations.RunPython.noop),
        ValidateConstraint("conversation", "conversation_parties"),
        ValidateConstraint("conversation", "conversation_snoozed_until"),
    ]
