"""Building an index while the shop runs, also after an interrupted build."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently

STATE = """
SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass(quote_ident(%s))
"""


class BuildIndex(AddIndexConcurrently):
    """`AddIndexConcurrently` that may be repeated. For migrations with `atomic = False`.

    A build that was interrupted leaves an index of its name behind that no query uses and every INSERT keeps: it is
    dropped and built anew. One that was whole before Django could note it stays.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(STATE, [self.index.name])
            known = cursor.fetchone()
        if known == (True,):
            return
        if known:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
