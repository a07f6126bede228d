from django.db import migrations


def make_managers(apps, schema_editor):
    """Whoever `createsuperuser` made may do everything; their role said sales, which pages go by."""
    apps.get_model("accounts", "Staff").objects.filter(is_superuser=True).update(role="manager")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_credit_days")]

    operations = [
        migrations.AlterModelManagers("staff", managers=[]),
        migrations.RunPython(make_managers, migrations.RunPython.noop),
    ]
