from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0020_imported_whole")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="external_digest",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
