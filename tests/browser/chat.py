"""What the chat's browser tests say and look at."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection
from playwright.sync_api import Locator, Page, expect

T = TypeVar("T")
BOX = "[data-composer] textarea"


def ready(page: Page) -> Page:
    """Waits until the pane is connected to its conversation, and all else that the page starts has started."""
    expect(page.locator('[data-module="messaging/pane.js"][data-connected]')).to_be_attached(timeout=15000)
    expect(page.locator("html[data-mounted]")).to_be_attached()
    return page


def cut_off(page: Page) -> None:
    """Waits until the pane has noticed that its line is gone."""
    expect(page.locator('[data-module="messaging/pane.js"]')).to_be_attached()
    expect(page.locator('[data-module="messaging/pane.js"][data-connected]')).to_have_count(0)


def until(page: Page, holds: Callable[[], T], within: float = 15.0) -> T:
    """Lets the page go on until something is true, and returns it. An AssertionError after so many seconds."""
    deadline = time.monotonic() + within
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not within {within} s"
        page.wait_for_timeout(20)
    return answer


def say(page: Page, text: str) -> None:
    page.locator(BOX).fill(text)
    page.locator(BOX).press("Enter")


def texts(page: Page) -> list[str]:
    """The messages in the log, top to bottom, unsent ones at the end."""
    return page.locator(".log .text").all_inner_texts()


def message(page: Page, text: str) -> Locator:
    return page.locator(".log [data-seq]", has_text=text)


def elsewhere(work: Callable[[], object]) -> None:
    """Does something as another person would: in a thread, as Playwright's loop runs in this one and stops pushes."""

    def run() -> None:
        work()
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()
