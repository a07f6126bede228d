import django.core.validators
from django.db import migrations, models

# As they were made until now; a name that a manager has written is left as it is.
NAMES = {
    "修改申请(仓库)": "修改申请（仓库）",
    "修改申请(销售)": "修改申请（销售）",
    "申请的修改已生效(销售)": "申请的修改已生效（销售）",
    "修改申请未通过(销售)": "修改申请未通过（销售）",
    "改单待付差额(销售)": "改单待付差额（销售）",
    "有款项要退(经理)": "有款项要退（经理）",
    "挂账到期(销售)": "挂账到期（销售）",
    "挂账逾期(销售)": "挂账逾期（销售）",
    "挂账逾期(经理)": "挂账逾期（经理）",
}


def widen(apps, schema_editor):
    rename(apps, NAMES)


def narrow(apps, schema_editor):
    rename(apps, {new: old for old, new in NAMES.items()})


def rename(apps, names):
    rules = apps.get_model("messaging", "NotificationRule").objects.exclude(key="")
    for old, new in names.items():
        rules.filter(name=old).update(name=new)


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0025_any_kind_of_notice"),
    ]

    operations = [
        migrations.RunPython(widen, narrow),
        migrations.AlterField(
            model_name="notificationrule",
            name="cancel_after",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="留空不自动取消；会释放库存",
                null=True,
                verbose_name="最后一次提醒后自动取消订单（分钟）",
            ),
        ),
        migrations.AlterField(
            model_name="notificationrule",
            name="cap_count",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="每人最多（条）",
            ),
        ),
        migrations.AlterField(
            model_name="notificationrule",
            name="channels",
            field=models.JSONField(blank=True, default=list, verbose_name="渠道（按顺序）"),
        ),
        migrations.AlterField(
            model_name="notificationrule",
            name="delay_minutes",
            field=models.PositiveIntegerField(default=0, verbose_name="延迟（分钟）"),
        ),
        migrations.AlterField(
            model_name="notificationrule",
            name="steps",
            field=models.JSONField(blank=True, default=list, verbose_name="等待时间（分钟）"),
        ),
    ]
