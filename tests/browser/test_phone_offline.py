"""A phone without a network: the order as it was last seen, and words that leave when there is one again."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from messaging.models import Message
from orders.models import Status
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from shopcomm.edge.portal import pwa
from tests.browser import chat
from tests.browser.chat import message, ready, say
from tests.factories import CustomerFactory, make_order

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith("pages-")) continue;
    for (const kept of await (await caches.open(name)).keys()) found.push(new URL(kept.url).pathname);
  }
  return found.sort();
}"""


@pytest.fixture
def path(order) -> str:
    return reverse("portal:order", args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


@pytest.fixture
def phone(browse, wire, path) -> Page:
    """The order on a phone whose service worker has kept it."""
    page = browse(f"{wire.url}{path}", width=360, height=740)
    wait_until_cached(page, path)
    return page


def until(page: Page, question: str, argument: object = None) -> None:
    """Asks the page until it says yes. (`wait_for_function` takes a promise for a yes.)"""
    chat.until(page, lambda: page.evaluate(question, argument))


def wait_until_cached(page: Page, *paths: str) -> None:
    """Waits until exactly these pages are kept."""
    until(page, f"async (wanted) => String(await ({KEPT})()) === wanted", ",".join(sorted(paths)))


def wait_for_unsent(page: Page, count: int) -> None:
    """Waits until so many messages are kept in the browser."""
    until(
        page,
        """async (wanted) => {
          const open = indexedDB.open("shopcomm-outbox", 1);
          await new Promise((resolve) => { open.onsuccess = resolve; });
          const count = open.result.transaction("unsent").objectStore("unsent").count();
          await new Promise((resolve) => { count.onsuccess = resolve; });
          open.result.close();
          return count.result === wanted;
        }""",
        count,
    )


def stored_messages(order) -> list[str]:
    written = Message.objects.filter(conversation__order=order).exclude(kind="event")
    return list(written.order_by("seq").values_list("body", flat=True))


def worker_syncs(context: BrowserContext, page: Page) -> None:
    """Has the browser say that the network is back, as it does for a page that is gone."""
    cdp = context.new_cdp_session(page)
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    chat.until(page, lambda: found)
    origin = page.evaluate("location.origin")
    cdp.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": origin, "registrationId": found[-1], "tag": "outbox", "lastChance": False},
    )


def test_offline_the_order_page_is_shown_as_last_seen_with_its_time(phone, wire, order, path):
    wire.cut()
    phone.reload()
    expect(phone.get_by_text(order.number).first).to_be_visible()
    expect(phone.locator(".hero h2")).to_be_visible()
    strip = phone.locator('[data-module="portal/offline.js"]')
    # The hour may have struck since it was kept.
    hours = {f"{timezone.localtime() - ago:%H}" for ago in (timedelta(0), timedelta(minutes=5))}
    expect(strip).to_contain_text(re.compile(f"数据截至 ({'|'.join(hours)}):"))
    assert phone.evaluate("document.styleSheets.length") > 0
    assert phone.evaluate("getComputedStyle(document.querySelector('.hero')).borderRadius") != "0px"
    wire.mend()
    expect(strip).to_be_hidden(timeout=40000)


def test_offline_a_page_that_was_never_opened_says_there_is_no_network(phone, wire, path):
    wire.cut()
    phone.goto(f"{wire.url}{path}evaluation/")
    expect(phone.get_by_role("heading", name="现在没有网络")).to_be_visible()


def test_the_offline_copy_includes_live_updates(phone, wire, order, path, manager):
    from tests.browser.test_notices_live import paid_and_told

    paid_and_told(order)
    expect(phone.locator(".hero h2")).to_have_text("已收到付款，等待配货")
    phone.evaluate("""() => {
      Object.defineProperty(document, "hidden", { value: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    until(
        phone,
        """async () => {
          for (const name of await caches.keys()) {
            const found = await (await caches.open(name)).match(location.href);
            if (name.startsWith("pages-") && (await found?.text())?.includes("已收到付款")) return true;
          }
        }""",
    )
    wire.cut()
    phone.reload()
    expect(phone.locator(".hero h2")).to_have_text("已收到付款，等待配货")


def test_a_message_written_offline_is_sent_even_after_its_page_was_closed(phone, wire, order, path):
    phone.goto(f"{wire.url}{path}chat/")
    ready(phone)
    wire.cut()
    for text in ("还没发货吗", "急用", "谢谢"):
        say(phone, text)
    expect(phone.locator("[data-unsent] .msg")).to_have_count(3)
    wait_for_unsent(phone, 3)
    # Another page of the same browser: nothing here sends messages.
    phone.goto("about:blank")
    wire.mend()
    phone.goto(f"{wire.url}/sw.js")
    assert stored_messages(order) == []
    worker_syncs(phone.context, phone)
    wait_for_unsent(phone, 0)
    assert stored_messages(order) == ["还没发货吗", "急用", "谢谢"]
    phone.goto(f"{wire.url}{path}chat/")
    expect(message(ready(phone), "急用")).to_have_count(1)
    assert stored_messages(order) == ["还没发货吗", "急用", "谢谢"]


def test_a_message_sent_by_both_service_worker_and_page_is_stored_once(phone, wire, order, path):
    phone.goto(f"{wire.url}{path}chat/")
    ready(phone)
    wire.cut()
    say(phone, "只说一次")
    expect(phone.locator("[data-unsent] .msg")).to_have_count(1)
    wire.mend()
    worker_syncs(phone.context, phone)
    expect(message(phone, "只说一次")).to_have_count(1, timeout=40000)
    expect(phone.locator("[data-unsent] .msg")).to_have_count(0)
    assert stored_messages(order) == ["只说一次"]


def test_revoking_a_link_removes_its_offline_copy(phone, wire, order, path):
    phone.goto(f"{wire.url}{path}chat/")
    wait_until_cached(phone, path, f"{path}chat/")
    revoke_links(order_id=order.pk)
    phone.goto(f"{wire.url}{path}")
    expect(phone.get_by_role("heading", name="这个链接打不开了")).to_be_visible()
    wait_until_cached(phone)
    wire.cut()
    phone.goto(f"{wire.url}{path}")
    expect(phone.get_by_role("heading", name="现在没有网络")).to_be_visible()


def test_an_offline_copy_is_not_shown_after_three_days(phone, wire, order, path):
    phone.evaluate("""async () => {
      for (const name of (await caches.keys()).filter((each) => each.startsWith("pages-"))) {
        const shelf = await caches.open(name);
        for (const kept of await shelf.keys()) {
          const known = await shelf.match(kept);
          const headers = new Headers(known.headers);
          headers.set("X-Kept-At", Date.now() - 72 * 3600 * 1000);
          await shelf.put(kept, new Response(await known.text(), { headers }));
        }
      }
    }""")
    wire.cut()
    phone.reload()
    expect(phone.get_by_role("heading", name="现在没有网络")).to_be_visible()
    assert order.number not in phone.content()


def test_opening_another_customers_link_clears_the_offline_copies(phone, wire, order, path):
    other = make_order(customer=CustomerFactory(), status=Status.PAID)
    theirs = reverse("portal:order", args=[link_token(make_link(customer=other.customer, order_id=other.pk))])
    phone.goto(f"{wire.url}{theirs}")
    wait_until_cached(phone, theirs)


def test_staff_pages_are_never_stored_offline(browse, wire, manager, order, path):
    page = browse(f"{wire.url}{path}", staff=manager)
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)")
    page.goto(f"{wire.url}/orders/{order.number}/")
    page.goto(f"{wire.url}{path}")
    expect(page.get_by_text("员工预览").first).to_be_visible()
    wait_until_cached(page)


def test_a_new_service_worker_version_replaces_old_caches_and_keeps_the_page(phone, wire, path, monkeypatch):
    before = phone.evaluate("caches.keys()")
    files = [*pwa.shelf_files(), "/static/icons/app-192.png"]
    monkeypatch.setattr(pwa, "shelf_files", lambda: files)
    phone.evaluate("navigator.serviceWorker.getRegistration('/').then((worker) => worker.update())")
    until(phone, "async (old) => !(await caches.keys()).some((name) => old.includes(name))", before)
    wait_until_cached(phone, path)
    wire.cut()
    phone.reload()
    expect(phone.locator(".hero h2")).to_be_visible()
