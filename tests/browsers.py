"""Where there is a browser to test with."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "microsoft-edge")
HEADLESS = "chromium-headless-shell"
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
    if found := os.environ.get("SHOPCOMM_BROWSER") or _there() or _from_debian("chromium"):
        return found
    raise RuntimeError("no browser: apt install chromium, or set SHOPCOMM_BROWSER to one")


def find_headless_browser() -> str:
    """A Chromium that has no windows at all, which takes a third less of the processor; if there is none, any other."""
    if chosen := os.environ.get("SHOPCOMM_BROWSER"):
        return chosen
    own = _of_playwright("chromium_headless_shell-*/chrome-*/*headless*shell")
    return shutil.which(HEADLESS) or own or _from_debian(HEADLESS) or find_browser()


def _there() -> str | None:
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    return _of_playwright("chromium-*/chrome-linux*/chrome")


def _of_playwright(pattern: str) -> str | None:
    own = sorted((Path.home() / ".cache" / "ms-playwright").glob(pattern))
    return str(own[-1]) if own else None


def _from_debian(package: str) -> str | None:
    """Installed now if we may, by the worker that asks first; where that came to nothing nobody tries again."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    with (Path(tempfile.gettempdir()) / f"shopcomm-{package}").open("a+") as tried:
        fcntl.flock(tried, fcntl.LOCK_EX)
        if not shutil.which(package) and not tried.tell():
            for words in (["update"], ["install", "-y", "--no-install-recommends", package]):
                subprocess.run(["apt-get", "-qq", *words], stdout=subprocess.DEVNULL, check=False)
            tried.write("tried\n")
    return shutil.which(package)
