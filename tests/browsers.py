"""Where there is a browser to test with."""

import os
import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "microsoft-edge")
# Headless, in a container, and silent: nothing leaves the machine by itself.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser() -> str:
    """A Chromium to test with: $SHOPCOMM_BROWSER, PATH, Playwright's own, Debian's. Never none: then the test fails."""
    if chosen := os.environ.get("SHOPCOMM_BROWSER"):
        return chosen
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    caches = Path.home() / ".cache" / "ms-playwright"
    if own := sorted(caches.glob("chromium-*/chrome-linux*/chrome")):
        return str(own[-1])
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], **quiet)
        if path := shutil.which("chromium"):
            return path
    raise RuntimeError("no browser: apt install chromium, or set SHOPCOMM_BROWSER to one")
