"""What was said is found by any part of it, among millions of messages."""

from django.db import migrations, models

from shopcomm.core.database.index_builds import BuildIndex
from shopcomm.core.search.bigrams import bigram_index


class Migration(migrations.Migration):
    # Concurrently: a shop with a million messages goes on talking meanwhile.
    atomic = False

    dependencies = [("messaging", "0023_handed_over"), ("search", "0001_bigrams")]

    operations = [
        BuildIndex("message", bigram_index("body", name="message_words")),
        BuildIndex(
            "conversation",
            bigram_index("subject", name="conversation_subject_words", condition=~models.Q(subject="")),
        ),
    ]
