from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("configuration", "0014_full_width_brackets"),
    ]

    operations = [
        migrations.AddField(
            model_name="shopsettings",
            name="icon_192",
            field=models.FileField(blank=True, editable=False, upload_to="shop/"),
        ),
        migrations.AddField(
            model_name="shopsettings",
            name="icon_512",
            field=models.FileField(blank=True, editable=False, upload_to="shop/"),
        ),
    ]
