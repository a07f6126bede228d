from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0021_acknowledgements"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="closed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="结束时间"),
        ),
        migrations.AddField(
            model_name="conversation",
            name="closed_seq",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
