"""Policies decide over plain values: nothing that they import needs a database."""

import subprocess
import sys

EVERY_POLICY = """
import importlib, pkgutil, sys
import messaging.policies

names = [each.name for each in pkgutil.walk_packages(messaging.policies.__path__, "messaging.policies.")]
for name in names:
    importlib.import_module(name)
print(len(names), sorted(name for name in sys.modules if name.startswith("django.db")))
"""


def test_policies_import_neither_models_nor_the_database():
    run = subprocess.run([sys.executable, "-c", EVERY_POLICY], capture_output=True, text=True, check=True)
    count, _space, loaded = run.stdout.strip().partition(" ")
    assert int(count) > 5
    assert loaded == "[]"
