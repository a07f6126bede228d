"""The bands and folders of the inbox, each along an index of its own."""

import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from shopcomm.core.database.index_builds import BuildIndex

NEWEST = ["-last_message_at", "-id"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("messaging", "0031_no_read_markers"),
    ]

    operations = [
        BuildIndex(
            "conversation",
            models.Index(fields=NEWEST, condition=~Q(state="closed"), name="conversation_open"),
        ),
        BuildIndex(
            "conversation",
            models.Index(fields=NEWEST, condition=Q(state="closed"), name="conversation_closed"),
        ),
        BuildIndex(
            "conversation",
            models.Index(fields=NEWEST, condition=Q(shop_unread__gt=0), name="conversation_unread"),
        ),
        BuildIndex(
            "conversation",
            models.Index(fields=NEWEST, condition=Q(kind="customer"), name="conversation_enquiries"),
        ),
        BuildIndex(
            "conversation", models.Index(fields=["assigned_to", *NEWEST], name="conversation_by_staff")
        ),
        # `conversation_open`, `conversation_closed` and `conversation_by_staff` answer what these did.
        RemoveIndexConcurrently("conversation", "conversation_newest"),
        migrations.AlterField(
            model_name="conversation",
            name="assigned_to",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="conversations",
                to="accounts.staff",
                verbose_name="负责人",
            ),
        ),
    ]
