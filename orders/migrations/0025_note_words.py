"""Notes are found by the index that all searches use; the one of their own goes."""

from django.db import migrations, models

from shopcomm.core.database.index_builds import BuildIndex
from shopcomm.core.search.bigrams import bigram_index

# As 0003_note_search made it.
OLD = [
    "DROP INDEX CONCURRENTLY IF EXISTS order_note_grams",
    """
CREATE OR REPLACE FUNCTION orders_grams(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr(lower(left(value, 500)), place, size))
    FROM generate_series(1, least(length(value), 500)) AS place, generate_series(1, 2) AS size
$$
""",
    "CREATE INDEX CONCURRENTLY order_note_grams ON orders_order USING gin (orders_grams(note)) WHERE note <> ''",
]
GONE = [
    "DROP INDEX CONCURRENTLY IF EXISTS order_note_grams",
    "DROP FUNCTION IF EXISTS orders_grams(text)",
]


class Migration(migrations.Migration):
    # Concurrently: orders go on coming in meanwhile.
    atomic = False

    dependencies = [("orders", "0024_day_of_the_stockroom"), ("search", "0001_bigrams")]

    operations = [
        BuildIndex("order", bigram_index("note", name="order_note_words", condition=~models.Q(note=""))),
        migrations.RunSQL(GONE, OLD),
    ]
