"""Thanks and the like of customers are known as such: of talks that wait now as well, of all others from now on."""

from django.db import migrations, models
from django.db.models import F

from messaging.acknowledgements import is_acknowledgement


def known(apps, schema_editor):
    """Only what nobody has answered yet is looked at: nothing else waits."""
    talks = apps.get_model("messaging", "Conversation").objects.filter(
        last_customer_seq__gt=F("last_shop_seq")
    )
    messages = apps.get_model("messaging", "Message").objects
    for talk in talks.only("id", "last_shop_seq").iterator(chunk_size=500):
        said = messages.filter(
            conversation=talk.pk, seq__gt=talk.last_shop_seq, sender_kind="customer", kind="text"
        )
        thanks = [pk for pk, body in said.values_list("pk", "body") if is_acknowledgement(body)]
        if thanks:
            messages.filter(pk__in=thanks).update(acknowledges=True)


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0020_failed_notices_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="acknowledges",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(known, migrations.RunPython.noop),
    ]
