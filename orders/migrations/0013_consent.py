from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_delivery_date"),
    ]

    operations = [
        migrations.AddField(
            model_name="changerequest",
            name="consent",
            field=models.JSONField(blank=True, default=dict, verbose_name="客户同意"),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="said_in",
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name="根据消息"),
        ),
        migrations.AlterField(
            model_name="changerequest",
            name="handler",
            field=models.CharField(
                blank=True,
                choices=[
                    ("warehouse", "仓库"),
                    ("sales", "销售"),
                    ("courier", "快递拦截"),
                    ("customer", "客户"),
                ],
                max_length=10,
                verbose_name="处理人",
            ),
        ),
    ]
