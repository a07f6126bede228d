"""The budget says what it does not hold."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("configuration", "0012_dispatch_cutoff")]

    operations = [
        migrations.AlterField(
            model_name="shopsettings",
            name="customer_daily_budget",
            field=models.PositiveIntegerField(
                default=6,
                help_text="所有规则共用；发货、签收、款项和对客户申请的答复不受限制。超出的推迟，同一会话的合并成一条，不会丢失",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="每位客户每天最多通知(条)",
            ),
        ),
    ]
