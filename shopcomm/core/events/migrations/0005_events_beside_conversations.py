from django.db import migrations, models
from django.db.models import Q

from shopcomm.core.database.index_builds import BuildIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0004_held_events")]

    operations = [
        BuildIndex(
            "domainevent",
            models.Index(
                fields=["position"],
                condition=Q(order_id__isnull=False) | Q(conversation_id=None),
                name="event_beside_talk",
            ),
        ),
    ]
