from django.db import migrations


class Migration(migrations.Migration):
    """Conversations are kept; what goes by age is set with the PURGE_ variables."""

    dependencies = [("configuration", "0007_money_rules")]

    operations = [migrations.RemoveField("shopsettings", "retention_days")]
