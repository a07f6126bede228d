import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_customer_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="customer",
            name="credit_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="留空按店铺设置；0 表示当天到期；只影响以后挂账的订单",
                null=True,
                validators=[django.core.validators.MaxValueValidator(3650)],
                verbose_name="挂账付款期（天）",
            ),
        ),
    ]
