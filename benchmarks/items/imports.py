"""Order lines a second from a file of the UCI shape, and the memory it takes whatever the file's size."""

import csv
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from benchmarks.measuring import Figure
from benchmarks.servers import ROOT, Bench

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
HEADER = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    lines = 10_000 if quick else 100_000
    ours, theirs, peaks = [], [], []
    # What the product writes for an order of the past is what the floor copies.
    bring_in(write_file(bench.data / "import-first.csv", 500, seed=rounds + 1))
    bench.analyze()
    for turn in range(rounds):
        path = write_file(bench.data / f"import-{turn}.csv", lines, seed=turn)
        for side in ("pf", "fp")[turn % 2]:
            if side == "p":
                before = counts(bench)
                seconds, peak = bring_in(path)
                ours.append(lines / seconds)
                peaks.append(peak)
                by_product = added(before, counts(bench))
            else:
                before = counts(bench)
                theirs.append(lines / measure("-m", "benchmarks.floor.importing", str(path))[0])
                by_floor = added(before, counts(bench))
        compare(by_product, by_floor)
    short = write_file(bench.data / "import-short.csv", lines // 10, seed=rounds + 2)
    little = [bring_in(short)[1]] * rounds
    return [
        Figure("import", f"{lines:,} lines, process start included", "lines/s", ours, theirs, "≥ 0.5"),
        Figure(
            "import", "1,000,000 lines at this rate", "min", [1e6 / 60 / each for each in ours], goal="≤ 10"
        ),
        Figure("import", f"peak memory ÷ with {lines // 10:,} lines", "MiB", peaks, little, "≤ 1.15"),
    ]


def bring_in(path: Path) -> tuple[float, float]:
    return measure("manage.py", "import_orders", str(path))


def counts(bench: Bench) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(bench.services.database_url, autocommit=True) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # type: ignore[index]
            for name in names
        }


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in after.items() if count != before[name]}


def compare(product: dict[str, int], floor: dict[str, int]) -> None:
    """Refuse a floor that writes less or more than the product.

    Customers are apart: each side makes those that it has not seen, and of the first file the product knows some.
    """
    new = {"accounts_customer", "orders_product", "orders_variant"}
    rows = [{name: n for name, n in side.items() if name not in new} for side in (product, floor)]
    if rows[0] != rows[1]:
        raise RuntimeError(f"the floor writes {rows[1]} rows, the product {rows[0]}")


def write_file(path: Path, lines: int, *, seed: int) -> Path:
    """Invoices of six lines on average; numbers of their own for each file, so that nothing is a repeat."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(lines, random.Random(seed), first=600_000 + seed * 100_000))
    return path


def rows(lines: int, dice: random.Random, first: int) -> Iterator[list[object]]:
    when, invoice = datetime(2010, 12, 1, 8), first
    written = 0
    while written < lines:
        invoice, when, customer = invoice + 1, when + timedelta(minutes=7), dice.randint(12346, 18287)
        for code in dice.sample(range(20000, 20400), min(dice.randint(1, 11), lines - written)):
            price = round(0.5 + code % 37 / 4, 2)
            yield [invoice, code, f"BAG {code}", dice.randint(1, 48), when, price, customer, "United Kingdom"]
            written += 1


def measure(*arguments: str) -> tuple[float, float]:
    """Seconds and peak MiB of one Python process."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    peak, words = [0.0], [""]
    reading = threading.Thread(target=lambda: words.__setitem__(0, process.stderr.read()))
    reading.start()
    while process.poll() is None:
        peak[0] = max(peak[0], high_water(process.pid))
        time.sleep(0.02)
    reading.join()
    if process.returncode:
        raise RuntimeError(f"{arguments[1]}: {words[0].strip().splitlines()[-1:]}")
    return time.perf_counter() - started, peak[0]


def high_water(pid: int) -> float:
    """The most memory a process has held so far, MiB. Linux."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0
