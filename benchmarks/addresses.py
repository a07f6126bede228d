"""How many of the addresses that people write into chats are read right: `python -m benchmarks.addresses FILE`.

FILE has one JSON object a line: `text`, and `expect` with any of `code` (GB/T 2260), `name`, `phone`, `details`. A message that
expects nothing has to be read as an address all the same.
"""

import json
import sys
from pathlib import Path
from typing import Any

from orders.address_reading import read_address

FIELDS = {"details": "street"}


def misread(expect: dict[str, str], text: str) -> list[str]:
    """What of a message is not as it should be."""
    read = read_address(text)
    if read is None:
        return ["nothing found"]
    return [
        f"{field}: {found!r}, not {value!r}"
        for field, value in expect.items()
        if (found := getattr(read, FIELDS.get(field, field))) != value
    ]


def main(path: Path) -> int:
    """Print what was misread, and how many were read right."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    right = 0
    for row in rows:
        wrong = misread(row["expect"], row["text"])
        right += not wrong
        if wrong:
            print(f"{row['id']}: {row['text']}\n    {'; '.join(wrong)}")
    print(f"{right} of {len(rows)} read right ({right / len(rows):.0%})")
    return 0 if right == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
