from django.db import migrations

# Every one and two characters of a text, so that an index finds Chinese inside a note without an extension.
FORWARD = """
CREATE FUNCTION orders_grams(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr(lower(left(value, 500)), place, size))
    FROM generate_series(1, least(length(value), 500)) AS place, generate_series(1, 2) AS size
$$;
CREATE INDEX order_note_grams ON orders_order USING gin (orders_grams(note)) WHERE note <> '';
"""
BACKWARD = "DROP INDEX order_note_grams; DROP FUNCTION orders_grams(text);"


class Migration(migrations.Migration):
    """The desk's search in notes."""

    dependencies = [("orders", "0002_order_numbers")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
