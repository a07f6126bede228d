from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: a shop with a million orders goes on selling meanwhile.
    atomic = False

    dependencies = [("orders", "0023_todo_indexes")]

    operations = [
        AddIndexConcurrently("order", models.Index(fields=["paid_at"], name="order_paid_at")),
        AddIndexConcurrently("order", models.Index(fields=["shipped_at"], name="order_shipped_at")),
    ]
