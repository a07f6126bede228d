"""Exports: rows a second of the processor's time as CSV and XLSX, beside the bare writers, and the memory of a long one."""

import subprocess
import sys
from pathlib import Path

import psycopg

from benchmarks.measuring import Figure, in_turn
from benchmarks.servers import ROOT, Bench

SEED = Path(__file__).parent / "desk.sql"
# Rows a second that a goal asks for.
GOALS = {"csv": 60_000, "xlsx": 10_000}


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count = 50_000 if quick else 500_000
    with psycopg.connect(bench.services.database_url, autocommit=True) as connection:
        known = connection.execute("SELECT count(*) FROM orders_order WHERE number LIKE 'BENCH-%'").fetchone()
        if known == (0,):
            connection.execute(SEED.read_text().replace("{count}", str(count)))
    figures = []
    for form, goal in GOALS.items():
        ours, theirs = in_turn(rounds, lambda side, form=form: written(bench, side, form))
        rates, floors = [rate for rate, _grown in ours], [rate for rate, _grown in theirs]
        figures += [
            Figure("exports", f"{form}, of the processor's time", "rows/s", rates, goal=f"≥ {goal}"),
            Figure("exports", f"{form}, beside the bare writer", "rows/s", rates, floors),
            Figure(
                "exports",
                f"{form}, memory of the longest",
                "MiB",
                [grown for _rate, grown in ours],
                goal="≤ 40",
            ),
        ]
    return figures


def written(bench: Bench, side: str, form: str) -> tuple[float, float]:
    """Rows a second, and how far the process grew."""
    command = [sys.executable, "-m", "benchmarks.floor.exporting", side, form, str(bench.data)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    rate, grown = map(float, done.stdout.split()[-2:])
    return rate, grown
