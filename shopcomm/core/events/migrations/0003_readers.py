"""Readers of the log are rows, and an event that failed is held by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    # The last one that knows a reader by its old name.
    dependencies = [("events", "0002_letters_tried_again"), ("messaging", "0004_from_now_on")]

    operations = [
        migrations.RenameModel("HandlerCursor", "Reader"),
        migrations.AlterField(
            "reader",
            "name",
            models.CharField(max_length=120, primary_key=True, serialize=False, verbose_name="读者"),
        ),
        migrations.AddField(
            "reader",
            "kind",
            models.CharField(db_default="handler", default="handler", max_length=30, verbose_name="种类"),
        ),
        migrations.AddField(
            "reader", "configuration", models.JSONField(blank=True, default=dict, verbose_name="设置")
        ),
        migrations.AddField(
            "reader",
            "state",
            models.CharField(
                choices=[("active", "运行中"), ("paused", "已停下")],
                db_default="active",
                default="active",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        # Where a reader had to wait, it tries again at once.
        migrations.RemoveField("reader", "failures"),
        migrations.RemoveField("reader", "retry_at"),
        migrations.RemoveConstraint("deadletter", "dead_letter_once"),
        migrations.RenameField("deadletter", "handler", "reader"),
        migrations.AlterField("deadletter", "reader", models.CharField(max_length=120, verbose_name="读者")),
        migrations.AddConstraint(
            "deadletter", models.UniqueConstraint(fields=("reader", "event"), name="dead_letter_once")
        ),
        migrations.CreateModel(
            "HeldEvent",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField(verbose_name="位置")),
                ("stream", models.CharField(blank=True, max_length=40, verbose_name="属于")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="失败次数")),
                ("retry_at", models.DateTimeField(blank=True, null=True, verbose_name="下次重试")),
                ("error", models.TextField(blank=True, verbose_name="错误")),
                ("held_at", models.DateTimeField(auto_now_add=True, verbose_name="搁置时间")),
                (
                    "event",
                    models.ForeignKey(on_delete=models.PROTECT, to="events.domainevent", verbose_name="事件"),
                ),
                (
                    "reader",
                    models.ForeignKey(on_delete=models.CASCADE, to="events.reader", verbose_name="读者"),
                ),
            ],
            options={
                "verbose_name": "等待重试的事件",
                "verbose_name_plural": "等待重试的事件",
                "constraints": [models.UniqueConstraint(fields=("reader", "event"), name="held_event_once")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("retry_at__isnull", False)),
                        fields=["retry_at"],
                        name="held_event_due",
                    ),
                    models.Index(fields=["reader", "stream", "position"], name="held_event_stream"),
                ],
            },
        ),
    ]
