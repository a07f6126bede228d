"""What cannot be told time after time is left to somebody, and what waits moves with the hours."""

from django.db import migrations, models

FAILURES = {"default": 0, "db_default": 0, "verbose_name": "失败次数"}
ERROR = {"blank": True, "default": "", "db_default": "", "max_length": 300, "verbose_name": "错误"}


class Migration(migrations.Migration):
    dependencies = [("messaging", "0018_push_entitled")]

    operations = [
        migrations.AddField("notification", "failures", models.PositiveSmallIntegerField(**FAILURES)),
        migrations.AddField("notification", "error", models.CharField(**ERROR)),
        migrations.AddField("scheduledmessage", "failures", models.PositiveSmallIntegerField(**FAILURES)),
        migrations.AddField("scheduledmessage", "error", models.CharField(**ERROR)),
        migrations.AlterField(
            "notification",
            "state",
            models.CharField(
                choices=[
                    ("waiting", "等待"),
                    ("sent", "已发送"),
                    ("merged", "已合并"),
                    ("dropped", "未发送"),
                    ("cancelled", "已取消"),
                    ("failed", "出错"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AlterField(
            "scheduledmessage",
            "state",
            models.CharField(
                choices=[
                    ("waiting", "等待"),
                    ("sent", "已发送"),
                    ("cancelled", "已取消"),
                    ("failed", "没有发出"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.CreateModel(
            name="HoursInForce",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_hours_in_force")
                ],
            },
        ),
    ]
