"""Two keys of other tables had an index of their own beside one that begins with them: each message wrote to both for nothing."""

import django.db.models.deletion
from django.db import migrations, models

# Without waiting for who writes, and for AlterField: it would check every row's key anew while nobody may write.
GONE = "DROP INDEX CONCURRENTLY IF EXISTS {name}"
BACK = "CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({column})"
INDEXES = (
    # `message_seq` begins with it.
    ("messaging_message_conversation_id_3db4d3d1", "messaging_message", "conversation_id"),
    # `conversation_by_customer` begins with it.
    ("messaging_conversation_customer_id_4e1fa585", "messaging_conversation", "customer_id"),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("messaging", "0032_inbox_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(GONE.format(name=name), BACK.format(name=name, table=table, column=column))
                for name, table, column in INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="message",
                    name="conversation",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="messaging.conversation",
                    ),
                ),
                migrations.AlterField(
                    model_name="conversation",
                    name="customer",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="accounts.customer",
                        verbose_name="客户",
                    ),
                ),
            ],
        ),
    ]
