"""A customer's chat on a phone at the end of a weak line: 400 ms, 1.6 Mbit/s, a processor four times as slow as this one.

Milliseconds from the tap on the link, by the browser's own clock: until the conversation can be read, and until the box
to write in does what it is for. Cold is a first visit, warm one with the files of the first.
"""

from typing import Any
from urllib.request import Request
from uuid import uuid4

from playwright.sync_api import Page, sync_playwright

from benchmarks.measuring import Figure
from benchmarks.pages import fetch
from benchmarks.servers import Bench
from tests.browsers import CHROMIUM_FLAGS, find_browser

MESSAGES = 60
PHONE: Any = {"viewport": {"width": 360, "height": 740}, "locale": "zh-CN"}
LINE = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
SLOWER = 4
# When words were first on the screen, and when every behaviour of the page had started.
WATCH = """new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") window.readable = startTime;
}).observe({ type: "paint", buffered: true });
new MutationObserver((_changes, watch) => {
  if (document.documentElement?.dataset.mounted === undefined) return;
  watch.disconnect();
  window.writable = performance.now();
}).observe(document, { attributes: true, childList: true, subtree: true });"""
GOALS = {("cold", "readable"): 2500, ("cold", "able to send"): 3000, ("warm", "readable"): 1000}


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    path = chat_path()
    found: dict[tuple[str, str], list[float]] = {}
    requests: list[float] = []
    url = f"http://127.0.0.1:{bench.ports['product']}{path}"
    # The first request of a process waits for what it loads.
    fetch(Request(url))
    for _ in range(2 if quick else rounds):
        for visit, (asked, times) in visits(url).items():
            for what, moment in times.items():
                found.setdefault((visit, what), []).append(moment)
            if visit == "cold":
                requests.append(asked)
    figures = [
        Figure("weak-line", f"{visit}: {what}", "ms", moments, goal=_goal(visit, what))
        for (visit, what), moments in found.items()
    ]
    return [*figures, Figure("weak-line", "cold: requests until one can send", "", requests, goal="≤ 10")]


def _goal(visit: str, what: str) -> str:
    return f"≤ {GOALS[visit, what]}" if (visit, what) in GOALS else ""


def chat_path() -> str:
    """The chat page of an order with a long conversation, behind its customer's link."""
    from django.urls import reverse

    from messaging.services.messages import send_message
    from shopcomm.core.accounts.actors import Actor
    from shopcomm.core.accounts.services.order_links import link_token, make_link
    from tests.factories import make_order

    order = make_order(status="shipped")
    people = (Actor.customer(order.customer), Actor.system("王芳"))
    for number in range(MESSAGES):
        send_message(
            actor=people[number % 2],
            conversation_id=order.conversation.pk,  # type: ignore[attr-defined]
            client_id=uuid4(),
            kind="text",
            body=f"第 {number} 句：麻烦看一下这个颜色还有没有货，着急要",
        )
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    return reverse("portal:chat", args=[token])


def visits(url: str) -> dict[str, tuple[int, dict[str, float]]]:
    """A first visit and a second one: requests until one can send, and the moments."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        page = browser.new_context(**PHONE).new_page()
        page.add_init_script(WATCH)
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", LINE)
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        found = {visit: visit_page(page, url) for visit in ("cold", "warm")}
        browser.close()
    return found


def visit_page(page: Page, url: str) -> tuple[int, dict[str, float]]:
    """Open the page and wait for the moments."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.wait_for_function("window.readable && window.writable")
    counted = len(asked)
    page.wait_for_load_state("networkidle")
    moments = {"readable": page.evaluate("readable"), "able to send": page.evaluate("writable")}
    page.goto("about:blank")
    return counted, moments
