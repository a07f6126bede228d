from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently: files go on coming in meanwhile.
    atomic = False

    dependencies = [("messaging", "0012_pictures_drawn_later")]

    operations = [
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("message", None)),
                fields=["uploader_kind", "uploader_id"],
                name="attachment_unsent",
            ),
        ),
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("state", "pending")), fields=["created_at"], name="attachment_pending"
            ),
        ),
    ]
