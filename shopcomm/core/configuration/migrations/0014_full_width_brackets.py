import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("configuration", "0013_outside_the_budget"),
    ]

    operations = [
        migrations.AlterField(
            model_name="shopsettings",
            name="after_sales_days",
            field=models.PositiveIntegerField(default=15, verbose_name="售后期（天）"),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="change_answer_minutes",
            field=models.PositiveIntegerField(
                default=15,
                help_text="按营业时间计；超时上报经理，不会自动接受",
                verbose_name="修改申请答复时限（分钟）",
            ),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="complete_after_days",
            field=models.PositiveIntegerField(default=7, verbose_name="签收后自动完成（天）"),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="credit_days",
            field=models.PositiveIntegerField(
                blank=True,
                default=30,
                help_text="客户没有单独约定时用；留空表示不设到期日",
                null=True,
                validators=[django.core.validators.MaxValueValidator(3650)],
                verbose_name="挂账付款期（天）",
            ),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="customer_daily_budget",
            field=models.PositiveIntegerField(
                default=6,
                help_text="所有规则共用；发货、签收、款项和对客户申请的答复不受限制。超出的推迟，同一会话的合并成一条，不会丢失",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="每位客户每天最多通知（条）",
            ),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="pay_within_minutes",
            field=models.PositiveIntegerField(default=1440, verbose_name="付款时限（分钟）"),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="recall_within_seconds",
            field=models.PositiveIntegerField(default=120, verbose_name="消息撤回时限（秒）"),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="return_within_days",
            field=models.PositiveIntegerField(
                default=7,
                help_text="同意退货后告诉客户最晚哪天寄出；到期没寄会提醒处理",
                verbose_name="退货寄出期限（天）",
            ),
        ),
        migrations.AlterField(
            model_name="shopsettings",
            name="urge_again_hours",
            field=models.PositiveIntegerField(
                default=4, help_text="期间再催只计次数，并告诉客户进度", verbose_name="催单间隔（小时）"
            ),
        ),
    ]
