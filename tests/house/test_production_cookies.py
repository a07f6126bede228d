"""The names of cookies on a real site, and that every script finds them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASKED = """
import django.conf as c
print([getattr(c.settings, f"{n}_COOKIE_{k}") for n in ("SESSION", "CSRF") for k in ("NAME", "SECURE", "PATH", "DOMAIN")])
"""


def test_cookies_of_a_production_site_have_the_host_prefix() -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "shopcomm.settings.production",
        "SECRET_KEY": "only-for-this-test-" + "0" * 40,
    }
    told = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    names = "['__Host-sessionid', True, '/', None, '__Host-csrftoken', True, '/', None]"
    assert told.stdout.strip() == names


def test_scripts_find_the_csrf_cookie_under_both_names() -> None:
    readers = [
        path
        for path in (ROOT / "static").rglob("*.js")
        if "csrftoken" in path.read_text() and "vendor" not in path.parts
    ]
    assert [path.name for path in readers if "__Host-" not in path.read_text()] == []
    assert {path.name for path in readers} >= {"ask.js", "outbox.js"}
