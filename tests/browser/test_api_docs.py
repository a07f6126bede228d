"""The reader of the API's description works without the internet, and under the policy of every other page."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import session_cookie

pytestmark = pytest.mark.django_db(transaction=True)
COMPLAINT = re.compile("Content.Security.Policy|Refused to", re.IGNORECASE)


def test_the_docs_page_draws_every_call_from_this_host_alone_and_breaks_no_policy(
    chromium, live, manager
) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([session_cookie(manager, f"{live.url}/")])
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))

    answer = page.goto(f"{live.url}/api/docs/")
    expect(page.locator(".opblock-summary").first).to_be_visible()
    block = page.locator(".opblock", has_text="/api/v1/products/stock/").first
    block.locator(".opblock-summary").click()
    expect(block.locator(".opblock-body")).to_be_visible()
    block.get_by_role("button", name="Try it out").click()
    expect(block.locator("textarea").first).to_be_visible()

    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert page.locator(".opblock").count() >= 40
    assert [url for url in asked if not url.startswith((live.url, "data:", "blob:"))] == []
    assert complaints == []
    context.close()
