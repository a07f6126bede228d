"""What is tried again by itself is no dead letter: it moves to the held events, and back."""

from django.db import migrations
from django.utils import timezone


def hold(apps, schema_editor):
    """None of them is about to keep back another: these readers needed no order."""
    letter, held = apps.get_model("events", "DeadLetter"), apps.get_model("events", "HeldEvent")
    known = apps.get_model("events", "Reader").objects.values("name")
    waiting = letter.objects.filter(resolved_at=None, retry_at__isnull=False, reader__in=known)
    for row in waiting.select_related("event"):
        held.objects.create(
            reader_id=row.reader,
            event=row.event,
            position=row.event.position or 0,
            failures=row.failures,
            retry_at=row.retry_at,
            error=row.error,
        )
    waiting.delete()


def put_back(apps, schema_editor):
    """What waited behind another is tried by itself."""
    letter, held = apps.get_model("events", "DeadLetter"), apps.get_model("events", "HeldEvent")
    for row in held.objects.order_by("position"):
        failed = {"error": row.error, "failures": row.failures, "retry_at": row.retry_at or timezone.now()}
        letter.objects.update_or_create(
            reader=row.reader_id, event_id=row.event_id, defaults=failed | {"resolved_at": None}
        )
    held.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("events", "0003_readers")]

    operations = [
        migrations.RunPython(hold, put_back),
        migrations.RemoveField("deadletter", "retry_at"),
    ]
