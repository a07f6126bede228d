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

from benchmarks.measuring import Figure
from benchmarks.servers import ROOT, Bench

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
    lines = 3_000 if quick else 30_000
    ours, theirs, memory = [], [], []
    # The floor copies what the product writes for an order; both find the goods in the catalogue.
    measure(
        "manage.py", "import_orders", str(write_file(bench.data / "import-first.csv", 500, seed=rounds + 1))
    )
    bench.analyze()
    for turn in range(rounds):
        path = write_file(bench.data / f"import-{turn}.csv", lines, seed=turn)
        for side in ("pf", "fp")[turn % 2]:
            if side == "p":
                seconds, peak = measure("manage.py", "import_orders", str(path))
                ours.append(lines / seconds)
                memory.append(peak)
            else:
                theirs.append(lines / measure("-m", "benchmarks.floor.importing", str(path))[0])
    big = write_file(bench.data / "import-big.csv", lines * 5, seed=rounds)
    _seconds, peak = measure("manage.py", "import_orders", str(big))
    return [
        Figure("import", f"{lines:,} lines, process start included", "lines/s", ours, theirs, "≥ 0.5"),
        Figure(
            "import", "1,000,000 lines at this rate", "min", [1e6 / 60 / each for each in ours], goal="≤ 10"
        ),
        Figure(
            "import", "peak memory with 5 × the lines ÷ with these", "MiB", [peak] * rounds, memory, "≤ 1.15"
        ),
    ]


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
