"""Customers are found by any part of a name or a firm, and by the beginning of a phone."""

from django.db import migrations, models

from shopcomm.core.database.index_builds import BuildIndex
from shopcomm.core.search.bigrams import bigram_index


class Migration(migrations.Migration):
    # Concurrently: customers go on coming in meanwhile.
    atomic = False

    dependencies = [("accounts", "0011_language_of_staff"), ("search", "0001_bigrams")]

    operations = [
        BuildIndex("customer", bigram_index("name", name="customer_name_words")),
        BuildIndex(
            "customer",
            bigram_index("company", name="customer_company_words", condition=~models.Q(company="")),
        ),
        BuildIndex(
            "customer",
            models.Index(fields=["phone"], name="customer_phone_prefix", opclasses=["varchar_pattern_ops"]),
        ),
    ]
