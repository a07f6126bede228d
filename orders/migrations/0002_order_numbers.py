from django.db import migrations, models


class Migration(migrations.Migration):
    """Order numbers: one sequence, and where each day begins in it."""

    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="NumberDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("base", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL("CREATE SEQUENCE orders_number_seq", "DROP SEQUENCE orders_number_seq"),
    ]
