from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0030_fill_memberships"),
    ]

    operations = [migrations.DeleteModel(name="ReadMarker")]
