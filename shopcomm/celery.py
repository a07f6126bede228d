"""The Celery application: one queue, tasks found in every app's `tasks` module."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")

app = Celery("shopcomm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
