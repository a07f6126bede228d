from django.db import migrations, models

KINDS = [
    ("address", "收货信息"),
    ("items", "商品"),
    ("urgent", "加急"),
    ("note", "备注"),
    ("cancel", "取消订单"),
    ("delivery_date", "送货日期"),
    ("price", "价格"),
]


class Migration(migrations.Migration):
    """A column that may be empty and two that grow wider: nothing of a large table is rewritten."""

    dependencies = [
        ("orders", "0011_evaluations"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="deliver_on",
            field=models.DateField(blank=True, null=True, verbose_name="送货日期"),
        ),
        migrations.AlterField(
            model_name="changerequest",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=16, verbose_name="类型"),
        ),
        migrations.AlterField(
            model_name="changepolicy",
            name="part",
            field=models.CharField(max_length=16),
        ),
    ]
