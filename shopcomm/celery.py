"""The Celery application: one queue, tasks found in every app's `tasks` module."""

import gc
import logging
import os
from typing import Any

from celery import Celery
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
)
from click import Option

from shopcomm.core.logs import log_fields, set_log_fields

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")

app = Celery("shopcomm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.worker_consumer = "shopcomm.core.worker_consumer:PatientConsumer"
app.autodiscover_tasks()
app.user_options["worker"].add(
    Option(["--scheduler-inside"], is_flag=True, help="Run the scheduler in a thread; for --pool threads.")
)
app.steps["worker"].add("shopcomm.core.scheduler_thread:SchedulerInside")
app.steps["worker"].add("shopcomm.edge.integrations.queue_table.listener:InboxListenerStep")


# What `--loglevel` rules: the worker, the broker's library, the scheduler.
CELERYS_OWN = ("celery", "kombu", "django_celery_beat")


@setup_logging.connect
def configure_worker_logging(loglevel: int | None = None, **_: Any) -> None:
    """Celery would take our handlers away, and with them what cuts secrets out; `--loglevel` rules its own lines alone."""
    from django.conf import settings
    from django.utils.log import configure_logging

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    if loglevel is not None:
        for name in CELERYS_OWN:
            logging.getLogger(name).setLevel(loglevel)


# What lines carried before a task began, by its id: put back when it is over.
_names_before: dict[str, dict[str, Any]] = {}


@before_task_publish.connect
def send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A task goes by the number of the request that wakes it."""
    if headers is not None and (request_id := log_fields().get("request_id")):
        headers["request_id"] = request_id


@task_prerun.connect
def start_task_log_fields(task_id: str, task: Any, **_: Any) -> None:
    """Lines of a task say which it is; one that the clock starts has its own number."""
    _names_before[task_id] = log_fields()
    set_log_fields({"request_id": getattr(task.request, "request_id", None) or task_id, "task": task.name})


@task_postrun.connect
def clear_task_log_fields(task_id: str, **_: Any) -> None:
    """What is logged after a task is not about it."""
    set_log_fields(_names_before.pop(task_id, {}))


# Seconds that a worker's process keeps its connection: sweeps come every few seconds.
KEPT = 600


@worker_process_init.connect
def keep_connection(**_: Any) -> None:
    """One connection for each process of a worker, without a pool, which would not survive the fork."""
    from django.db import connections

    connections.settings["default"]["CONN_MAX_AGE"] = KEPT


@worker_init.connect
@worker_process_init.connect
def relax_garbage_collection(**_: Any) -> None:
    """A sweep makes rows by the thousand, none of which refers back: looking for cycles cost a fifth of its time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
