"""A conversation has a kind and a state, and need not have a customer. The rows follow in 0028."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_customer_words"),
        ("messaging", "0026_full_width_brackets"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="kind",
            field=models.CharField(
                choices=[("order", "订单"), ("customer", "询价"), ("team", "内部")],
                db_default="customer",
                default="customer",
                max_length=10,
                verbose_name="种类",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="state",
            field=models.CharField(
                choices=[("open", "进行中"), ("snoozed", "稍后处理"), ("closed", "已结束")],
                db_default="open",
                default="open",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversations",
                to="accounts.customer",
                verbose_name="客户",
            ),
        ),
        AddConstraintNotValid(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=Q(kind="order", order__isnull=False, customer__isnull=False)
                | Q(kind="customer", order=None, customer__isnull=False)
                | Q(kind="team", order=None, customer=None),
                name="conversation_parties",
            ),
        ),
        AddConstraintNotValid(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=Q(state="snoozed", snoozed_until__isnull=False)
                | (~Q(state="snoozed") & Q(snoozed_until=None)),
                name="conversation_snoozed_until",
            ),
        ),
    ]
