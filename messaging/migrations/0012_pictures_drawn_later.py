from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0011_consent_triggers"),
    ]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="attachment",
            name="claimed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="attachment",
            name="state",
            field=models.CharField(
                choices=[("ready", "可以查看"), ("pending", "正在处理"), ("failed", "无法显示")],
                db_default="ready",
                default="ready",
                max_length=7,
            ),
        ),
    ]
