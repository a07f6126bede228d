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


@worker_process_init.connect
def collect_less(**_: Any) -> None:
    """A sweep makes rows by the thousand, none of which refers back: looking for cycles cost a fifth of its time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
