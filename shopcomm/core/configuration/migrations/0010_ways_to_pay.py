from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("configuration", "0009_what_customers_see"),
    ]

    operations = [
        migrations.AddField(
            model_name="shopsettings",
            name="pay_text",
            field=models.TextField(
                blank=True,
                help_text="账号、户名、开户行等，一行一个；客户在待付款的订单上看到",
                max_length=500,
                verbose_name="收款方式",
            ),
        ),
        migrations.AddField(
            model_name="shopsettings",
            name="pay_code",
            field=models.ImageField(
                blank=True,
                help_text="微信或支付宝收款码的图片；客户在待付款的订单上看到",
                upload_to="shop/",
                verbose_name="收款码",
            ),
        ),
    ]
