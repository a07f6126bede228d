import django.db.models.deletion
from django.db import migrations, models

KINDS = [
    ("received", "入库"),
    ("counted", "盘点"),
    ("written_off", "报损"),
    ("reserved", "占用"),
    ("released", "释放"),
    ("shipped", "出库"),
    ("returned", "退回"),
    ("damaged", "退回残次"),
    ("found", "找回"),
]


class Migration(migrations.Migration):
    dependencies = [("orders", "0018_after_sales_refused_by")]

    operations = [
        migrations.AddField(
            model_name="variant",
            name="not_found",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name="没找到"),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=12, verbose_name="类型"),
        ),
        migrations.CreateModel(
            name="MissingReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pieces", models.PositiveIntegerField(verbose_name="数量")),
                ("reported_by", models.CharField(max_length=120, verbose_name="报缺者")),
                ("reported_at", models.DateTimeField(auto_now_add=True, verbose_name="报缺时间")),
                ("undone_by", models.CharField(blank=True, max_length=120, verbose_name="撤回者")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="撤回时间")),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="missing_reports",
                        to="orders.orderline",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="missing_reports",
                        to="orders.order",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="missing_reports",
                        to="orders.variant",
                    ),
                ),
            ],
            options={"verbose_name": "报缺记录", "verbose_name_plural": "报缺记录"},
        ),
    ]
