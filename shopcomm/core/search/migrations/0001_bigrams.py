"""The function under every index for searching: which pairs of characters a text has."""

from django.db import migrations

# Two passes over the text in capitals, one from the first character, one from the second, each cut into pieces of two.
# A piece that ends the text may be a single character, so that every character begins a piece. No word of a search holds
# the line feed that parts the pieces. COST: the planner must ask the index and not the function, row by row.
FORWARD = r"""
CREATE FUNCTION search_bigrams(value text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2000 AS $$
DECLARE
    folded text := upper(value);
BEGIN
    RETURN array_to_tsvector(array_remove(string_to_array(
        regexp_replace(folded, '..', E'\\&\n', 'g') || E'\n' || regexp_replace(substr(folded, 2), '..', E'\\&\n', 'g'),
        E'\n'), ''));
END
$$;
"""
BACKWARD = "DROP FUNCTION search_bigrams(text);"


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
