from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0019_missing_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="importeddocument",
            name="marks",
            field=models.JSONField(default=list, verbose_name="各行摘要"),
        ),
        migrations.AddField(
            model_name="importeddocument",
            name="outcome",
            field=models.CharField(blank=True, max_length=12, verbose_name="文件里的状态"),
        ),
        migrations.CreateModel(
            name="UnfinishedDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=64, unique=True, verbose_name="单据号")),
                ("dialect", models.CharField(max_length=12, verbose_name="文件类型")),
                ("rows", models.JSONField(default=list, verbose_name="读得懂的行")),
                ("missing", models.PositiveIntegerField(verbose_name="读不懂的行数")),
                ("seen_at", models.DateTimeField(auto_now=True, verbose_name="最近一次")),
            ],
            options={
                "verbose_name": "未收齐的单据",
                "verbose_name_plural": "未收齐的单据",
            },
        ),
    ]
