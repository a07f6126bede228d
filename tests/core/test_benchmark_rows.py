"""The rows that the measurements are made on fit the tables as they are now."""

from pathlib import Path

import pytest
from django.db import connection

ROWS = sorted((Path(__file__).parents[2] / "benchmarks" / "items").glob("*.sql"))


@pytest.mark.django_db
@pytest.mark.parametrize("rows", ROWS, ids=lambda path: path.stem)
def test_the_rows_for_the_benchmarks_can_be_created(rows: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(rows.read_text().replace("{count}", "8"))
        cursor.execute("SELECT count(*) FROM orders_order")
        assert cursor.fetchone() == (8,)
