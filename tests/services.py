"""A pytest plugin: real PostgreSQL and Valkey before Django reads its settings.

Loaded by `-p tests.services`: a conftest would come too late. Workers of pytest-xdist inherit the environment.
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shopcomm.core.embedded.catalogues import compile_catalogues
from shopcomm.core.embedded.services import Services


def _start() -> Services | None:
    postgres, valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if not (postgres or valkey):
        return None
    services = Services(Path(tempfile.mkdtemp(prefix="shopcomm-tests-")), durable=False)
    services.start(postgres=postgres, valkey=valkey)
    if postgres:
        os.environ["DATABASE_URL"] = services.database_url
    if valkey:
        os.environ["REDIS_URL"] = services.redis_url
    os.environ["SHOPCOMM_DATA"] = str(services.data)
    return services


os.environ["DJANGO_SETTINGS_MODULE"] = "shopcomm.settings.test"
# Workers of one run share the Valkey: each has its own channels, and a database of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATABASES = 16
os.environ["REDIS_PREFIX"] = f"test-{WORKER}"
# A browser test's own thread has a running loop, and asks the database all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
compile_catalogues()
_services = _start()
if number := WORKER.removeprefix("gw").removeprefix("main"):
    address = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = address._replace(path=f"/{int(number) % DATABASES}").geturl()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _services and not hasattr(config, "workerinput"):
        _services.stop()
        shutil.rmtree(_services.data, ignore_errors=True)
