"""An event that was set aside is tried again by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AddField(
            "deadletter",
            "failures",
            models.PositiveIntegerField(db_default=0, default=0, verbose_name="失败次数"),
        ),
        migrations.AddField(
            "deadletter", "retry_at", models.DateTimeField(blank=True, null=True, verbose_name="下次重试")
        ),
    ]
