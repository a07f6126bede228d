"""A browser's agreement to be woken says by what its person was known."""

from django.db import migrations, models
from django.utils.crypto import salted_hmac

PASSWORD_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"


def trace(apps, schema_editor):
    """What agreed so far: by the link in its path, by the phone behind /my/, by the log-in. The rest is forgotten."""
    links = apps.get_model("accounts", "OrderLink").objects
    customers = apps.get_model("accounts", "Customer").objects
    staff = apps.get_model("accounts", "Staff").objects
    for row in apps.get_model("messaging", "PushSubscription").objects.iterator(chunk_size=500):
        link = None
        if row.owner_kind == "staff":
            password = staff.filter(pk=row.owner_id).values_list("password", flat=True).first()
            row.proof = (
                salted_hmac(PASSWORD_SALT, password, algorithm="sha256").hexdigest() if password else ""
            )
        elif row.path.startswith("/my/"):
            row.proof = customers.filter(pk=row.owner_id).values_list("phone", flat=True).first() or ""
        elif row.path.startswith("/o/"):
            nonce = row.path.split("/")[2].rpartition(".")[0]
            link = links.filter(nonce=nonce, customer_id=row.owner_id).first()
        if not row.proof and link is None:
            row.delete()
            continue
        row.path = row.path if row.path.startswith("/my/") else "/my/"
        row.save(update_fields=["proof", "path"])
        if link is not None:
            row.links.add(link)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_one_time_codes"),
        ("messaging", "0017_open_sums"),
    ]

    operations = [
        migrations.AddField(
            model_name="pushsubscription",
            name="proof",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="pushsubscription",
            name="links",
            field=models.ManyToManyField(blank=True, related_name="+", to="accounts.orderlink"),
        ),
        migrations.AddField(
            model_name="pushsubscription",
            name="session",
            field=models.CharField(blank=True, db_index=True, default="", max_length=64),
        ),
        migrations.RunPython(trace, migrations.RunPython.noop),
    ]
