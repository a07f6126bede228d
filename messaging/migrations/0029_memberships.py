"""Who has read how far, and how much waits for them. The rows follow in 0030."""

import django.db.models.deletion
from django.db import migrations, models

# As a function of its own it looks anew: it sees members who came while the statement that calls it waited for a lock.
COUNT_UNREAD = """
CREATE FUNCTION count_unread(conversations bigint[], for_shop int[], for_customer int[]) RETURNS int
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    counted int;
BEGIN
    IF conversations IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE messaging_membership m
    SET unread = m.unread + CASE m.side WHEN 'shop' THEN n.for_shop ELSE n.for_customer END
    FROM unnest(conversations, for_shop, for_customer) AS n (conversation_id, for_shop, for_customer)
    WHERE m.conversation_id = n.conversation_id
      AND CASE m.side WHEN 'shop' THEN n.for_shop ELSE n.for_customer END > 0;
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN counted;
END $$
"""
DROP = "DROP FUNCTION count_unread(bigint[], int[], int[])"


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
                ("unread", models.IntegerField(db_default=0, default=0)),
                (
                    "has_unread",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("unread__gt", 0)),
                        output_field=models.BooleanField(),
                    ),
                ),
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
                        fields=["member_kind", "member_id", "has_unread", "conversation"],
                        name="membership_by_member",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "member_kind", "member_id"), name="membership_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(COUNT_UNREAD, DROP),
    ]
