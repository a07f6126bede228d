"""The message that asks for a change is named as what it is. Renaming a column takes a moment, however large the table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0025_note_words")]

    operations = [
        migrations.RenameField(model_name="changerequest", old_name="said_in", new_name="source_message_seq")
    ]
