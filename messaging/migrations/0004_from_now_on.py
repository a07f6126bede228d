from django.db import migrations
from django.db.models import Max

READERS = ("messaging.handlers.plan_notifications", "messaging.handlers.tell_stock_watchers")


def begin_at_the_end(apps, schema_editor):
    """A shop that is upgraded tells what happens from now on, not what happened last year."""
    last = apps.get_model("events", "DomainEvent").objects.aggregate(last=Max("position"))["last"]
    cursor = apps.get_model("events", "HandlerCursor")
    for name in READERS:
        cursor.objects.get_or_create(name=name, defaults={"position": last or 0})


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_unanswered_index"), ("events", "0001_initial")]

    operations = [migrations.RunPython(begin_at_the_end, migrations.RunPython.noop)]
