"""The Celery application: one queue, tasks found in every app's `tasks` module."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")

app = Celery("shopcomm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# Seconds that a worker's process keeps its connection: sweeps come every few seconds.
KEPT = 600


@worker_process_init.connect
def keep_connection(**_: Any) -> None:
    """One connection for each process of a worker, without a pool, which would not survive the fork."""
    from django.db import connections

    connections.settings["default"]["CONN_MAX_AGE"] = KEPT


@worker_process_init.connect
def collect_less(**_: Any) -> None:
    """A sweep makes rows by the thousand, none of which refers back: looking for cycles cost a fifth of its time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
