"""Takes the pictures of the documents from a running demo shop.

SHOPCOMM_DEMO_PASSWORD=… make run, then in another shell with the same variable:
.venv/bin/python docs/pictures/take.py [http://127.0.0.1:8000]
"""

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.browsers import find_browser

FOLDER = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def enter(browser: Browser, url: str, user: str, width: int = 1440, height: int = 900) -> Page:
    """A page of somebody who has logged in."""
    page = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN").new_page()
    page.goto(f"{url}/login/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", os.environ["SHOPCOMM_DEMO_PASSWORD"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda here: "/login/" not in here)
    return page


def keep(page: Page, name: str) -> None:
    """The page as a small PNG."""
    page.wait_for_timeout(1200)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def main(url: str) -> None:
    """Every picture there is."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        desk = enter(browser, url, "manager")
        desk.goto(f"{url}/orders/?status=paid")
        desk.locator(".orow").nth(1).click()
        keep(desk, "desk")
        desk.goto(f"{url}/inbox/")
        keep(desk, "inbox")
        board = enter(browser, url, "warehouse")
        board.goto(f"{url}/warehouse/")
        board.locator(".wcol--picking [data-open]").first.click()
        keep(board, "warehouse")
        desk.goto(f"{url}/rules/")
        desk.get_by_role("link", name="订单催付").first.click()
        keep(desk, "rules")
        desk.goto(f"{url}/rules/hours/")
        keep(desk, "hours")
        desk.goto(f"{url}/orders/?status=shipped")
        desk.locator(".orow").first.click()
        desk.get_by_role("link", name="通知记录").click()
        keep(desk, "why")
        desk.goto(f"{url}/orders/?status=shipped")
        desk.locator(".orow").first.click()
        with desk.expect_response("**/link/") as answer:
            desk.locator("[data-copylink] button").click()
        phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
        phone.goto(answer.value.json()["url"].replace("http://127.0.0.1:8000", url))
        keep(phone, "customer")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
