"""Lets a command use the embedded servers: the running ones, or its own start of them while it runs."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopcomm.core.embedded.binaries import EmbeddedError
from shopcomm.core.embedded.services import Services, started_at

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def data_folder() -> Path:
    """SHOPCOMM_DATA, or `.data` in the checkout."""
    return Path(os.environ.get("SHOPCOMM_DATA") or ROOT / ".data").resolve()


@contextmanager
def attached_services() -> Iterator[None]:
    """Set DATABASE_URL and REDIS_URL where they are not set, for as long as the block lasts."""
    postgres, valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if not (postgres or valkey):
        yield
        return
    running = _running(data_folder())
    own = None if running else Services(data_folder())
    try:
        if own:
            own.start(postgres=postgres, valkey=valkey)
            running = {"database_url": own.database_url, "redis_url": own.redis_url}
    except EmbeddedError as error:
        sys.exit(f"shopcomm: {error}")
    try:
        if running:
            os.environ.update({"DATABASE_URL": running["database_url"]} if postgres else {})
            os.environ.update({"REDIS_URL": running["redis_url"]} if valkey else {})
        yield
    finally:
        if own:
            own.stop()


def _running(data: Path) -> dict[str, str] | None:
    try:
        record = json.loads((data / "services.json").read_text())
    except (OSError, ValueError):
        return None
    alive = all(start and started_at(pid) == start for pid, start in record["processes"].values())
    return record if alive and record["processes"] else None
