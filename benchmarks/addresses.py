"""How many of the addresses that people write into chats are read right: `python -m benchmarks.addresses FILE`.

FILE has one JSON object a line: `text`, and `expect` with any of `code` (GB/T 2260), `province`, `city`, `district`, `street` (or
`details`), `name`, `phone`; null is not judged. A message that expects nothing has to be read as an address all the same, one that
expects `{"none": true}` must not be read as an address that a parcel could be sent to.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from orders.reading.addresses import read_address

FIELDS = {"details": "street"}


def misread(expect: dict[str, Any], text: str) -> list[str]:
    """What of a message is not as it should be."""
    read = read_address(text)
    if expect.get("none"):
        return ["an address found"] if read and read.is_complete else []
    if read is None:
        return ["nothing found"]
    return [
        f"{field}: {found!r}, not {value!r}"
        for field, value in expect.items()
        if value is not None and (found := getattr(read, FIELDS.get(field, field))) != value
    ]


def main(path: Path) -> int:
    """Print what was misread, and how many were read right."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    right, times = 0, []
    read_address("北京市")  # The divisions load at the first reading.
    for row in rows:
        start = time.process_time()
        wrong = misread(row["expect"], row["text"])
        times.append(time.process_time() - start)
        right += not wrong
        if wrong:
            print(f"{row.get('id', '')}: {row['text']}\n    {'; '.join(wrong)}")
    print(f"{right} of {len(rows)} read right ({right / len(rows):.0%})")
    print(f"{median(times) * 1000:.2f} ms in the middle, {max(times) * 1000:.2f} ms at most")
    return 0 if right == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
