"""What a POST answered is kept sealed: it may hold a customer's link, which opens the order."""

import json
from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone

from shopcomm.core.sealing import seal_text, unseal_text

BATCH = 500
# A key is sent again within minutes or hours; nobody misses older ones.
KEPT = timedelta(days=7)


def _batches(rows):
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def seal_answers(apps, schema_editor):
    rows = apps.get_model("http", "IdempotencyRecord").objects
    rows.filter(created_at__lt=timezone.now() - KEPT).delete()
    for batch in _batches(rows):
        for row in batch:
            row.sealed = seal_text(json.dumps(row.body))
        rows.bulk_update(batch, ["sealed"])


def open_answers(apps, schema_editor):
    rows = apps.get_model("http", "IdempotencyRecord").objects
    for batch in _batches(rows):
        for row in batch:
            row.body = json.loads(unseal_text(row.sealed))
        rows.bulk_update(batch, ["body"])


class Migration(migrations.Migration):
    dependencies = [("http", "0002_sent_forms")]

    operations = [
        migrations.AddField("idempotencyrecord", "sealed", models.TextField(default="")),
        migrations.AlterField("idempotencyrecord", "body", models.JSONField(default=dict)),
        migrations.RunPython(seal_answers, open_answers),
        migrations.RemoveField("idempotencyrecord", "body"),
        migrations.AlterField("idempotencyrecord", "sealed", models.TextField()),
    ]
