"""Real browsers, and a wire between them and the live server that can be cut."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.autoreload import reset_loaders
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from shopcomm.core.ui import assets
from shopcomm.core.ui.assets import BUNDLE, module_bundle, served_modules, stylesheet_bundle
from shopcomm.core.ui.templatetags.ui import module_preload_links, stylesheet_links
from shopcomm.edge.portal.pwa import shelf_files
from tests.bad_network import Line
from tests.browsers import CHROMIUM_FLAGS, find_headless_browser

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
# A busy machine is no fault; whoever is right is so at once and waits for nothing.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS / 2)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_headless_browser(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


# What is known of the files of a page once it has been asked for.
KEPT = (stylesheet_links, module_preload_links, served_modules, assets._import_map, shelf_files)


@pytest.fixture(scope="session", autouse=True)
def bundled() -> Iterator[None]:
    """Style sheets and scripts come as one file each, as the product collects them, not as fifty."""
    for name, text in {BUNDLE: stylesheet_bundle(), **module_bundle()}.items():
        path = Path(settings.STATIC_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # In one step: other workers have the same folder.
        draft = path.with_name(f"{os.getpid()}-{path.name}")
        draft.write_text(text)
        draft.replace(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staticfiles_storage, "bundles", True, raising=False)
        _forget_links()
        yield
    _forget_links()


def _forget_links() -> None:
    """Of files that come as one, or one by one: tags keep them, and so do templates."""
    for known in KEPT:
        known.cache_clear()
    reset_loaders()


@pytest.fixture
def wire(live) -> Iterator[Line]:
    line = Line(live.url)
    yield line
    line.close()


# A page that has no scripts, or whose scripts have all come.
MOUNTED = (
    "() => !document.querySelector('script[src*=\"/app\"]') || 'mounted' in document.documentElement.dataset"
)

# A browser without windows can ask nobody and says so from the start; a customer's has not been asked yet.
NOT_ASKED_YET = """
  Object.defineProperty(globalThis.Notification ?? {}, "permission", { get: () => "default", configurable: true });
"""


@pytest.fixture
def browse(chromium) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser of its own: logged in as `staff`, or as nobody."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, *, staff=None, width: int = 1440, height: int = 900, **options) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        contexts.append(context)
        context.add_init_script(NOT_ASKED_YET)
        if staff is not None:
            context.add_cookies([session_cookie(staff, url)])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        if options.get("java_script_enabled", True):
            page.wait_for_function(MOUNTED)
        return page

    yield open_page
    for context in contexts:
        context.close()


def session_cookie(staff, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    # The whole site, not the folder of this page: the socket needs it too.
    origin = "/".join(url.split("/")[:3])
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": f"{origin}/"}
