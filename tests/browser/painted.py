"""What a reader has before them: a browser answers for what it has not painted yet, and lays it out without styles."""

from playwright.sync_api import Page

PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"


def painted(page: Page) -> Page:
    """Waits until something of the page is on the screen; its style sheets hold that up."""
    page.wait_for_function(PAINTED)
    return page


def fits(page: Page) -> bool:
    """Whether the page, once it is on the screen, is no wider than the screen."""
    screen = page.viewport_size
    assert screen is not None
    return painted(page).evaluate("document.documentElement.scrollWidth") <= screen["width"]
