from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: a shop with a million conversations goes on talking meanwhile.
    atomic = False

    dependencies = [("messaging", "0002_notifications")]

    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("last_customer_seq__gt", models.F("last_shop_seq"))),
                fields=["last_message_at"],
                name="conversation_unanswered",
            ),
        ),
    ]
