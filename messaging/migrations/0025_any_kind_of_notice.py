"""Which notices there are is no matter of the column any more: kinds of fact declare theirs, and the form asks them.

Nothing happens in the database, neither forwards nor backwards: Django keeps choices in the model alone. This is the last
migration of its kind, since a notice that is added or renamed does not change the column.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0024_message_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notificationrule",
            name="trigger",
            field=models.CharField(max_length=24, verbose_name="触发场景"),
        ),
    ]
