"""The few notices that a manager has to see to, among very many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: notices are planned and told meanwhile.
    atomic = False

    dependencies = [("messaging", "0019_what_could_not_be_told")]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["id"], name="notification_failed"
            ),
        ),
    ]
