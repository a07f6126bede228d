from datetime import time

from django.db import migrations


def open_every_day(apps, schema_editor):
    """Nine to nine on every day, until a manager says otherwise."""
    interval = apps.get_model("configuration", "WorkingInterval")
    if not interval.objects.exists():
        interval.objects.bulk_create(
            interval(weekday=weekday, opens=time(9), closes=time(21)) for weekday in range(7)
        )


class Migration(migrations.Migration):
    dependencies = [("configuration", "0002_notifications")]

    operations = [migrations.RunPython(open_every_day, migrations.RunPython.noop)]
