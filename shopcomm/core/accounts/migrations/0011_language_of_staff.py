from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_staff_sessions"),
    ]

    operations = [
        migrations.AddField(
            model_name="staff",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("zh-hans", "简体中文"), ("en", "English")],
                db_default="",
                default="",
                editable=False,
                max_length=10,
                verbose_name="语言",
            ),
        ),
    ]
