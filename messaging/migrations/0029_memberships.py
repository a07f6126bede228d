"""Who has read how far, and how much waits for them. The rows follow in 0030."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0028_fill_conversation_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="shop_unread",
            field=models.IntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="customer_unread",
            field=models.IntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="closed_total",
            field=models.IntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("member_kind", models.CharField(max_length=10)),
                ("member_id", models.BigIntegerField()),
                ("side", models.CharField(choices=[("customer", "客户"), ("shop", "商家")], max_length=10)),
                ("read_seq", models.BigIntegerField(default=0)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("read_total", models.IntegerField(db_default=0, default=0)),
                ("muted", models.BooleanField(db_default=False, default=False)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="messaging.conversation",
                    ),
                ),
            ],
            options={
                "verbose_name": "会话成员",
                "verbose_name_plural": "会话成员",
                "indexes": [
                    models.Index(
                        fields=["member_kind", "member_id", "conversation"], name="membership_by_member"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "member_kind", "member_id"), name="membership_once"
                    )
                ],
            },
        ),
    ]
