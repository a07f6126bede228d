import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("configuration", "0011_return_within_days")]

    operations = [
        migrations.AddField(
            model_name="shopsettings",
            name="dispatch_by",
            field=models.TimeField(
                blank=True,
                db_default=datetime.time(18, 0),
                default=datetime.time(18, 0),
                help_text="此前付款的订单当天发货，仓库看板按它倒计时；留空表示不设",
                null=True,
                verbose_name="截单时间",
            ),
        ),
    ]
