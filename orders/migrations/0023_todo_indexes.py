from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the queue of every page looks up; without a pause for whoever writes meanwhile."""

    atomic = False

    dependencies = [
        ("orders", "0022_agreed_returns"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("state__in", ("requested", "approved", "failed"))),
                fields=["requested_at"],
                name="refund_to_pay",
            ),
        ),
        AddIndexConcurrently(
            model_name="shortagetask",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["raised_at"], name="shortage_open"
            ),
        ),
    ]
