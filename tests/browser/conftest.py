"""An office in Chromium: pages with and without JavaScript, and what every page must pass."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.gallery import ROOT, served
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal, terminal_of
from tests.desks import Offices

SCREENSHOTS = ROOT / "var" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW_PX = 320
WAIT_MS = 15_000

Look = Callable[[Page, str], None]


class Browsing:
    """The pages of one test, what they said on their consoles, and how they are looked at."""

    def __init__(self, browser: Browser) -> None:
        """Open none yet."""
        self._browser = browser
        self._axe = Axe()
        self._without_scripts: list[Page] = []
        self.said: list[str] = []

    def open(self, *, scripts: bool = True, width: int = 1280) -> Page:
        """A page in a browser of its own."""
        context = self._browser.new_context(
            java_script_enabled=scripts, viewport={"width": width, "height": 900}
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("console", self._note)
        if not scripts:
            self._without_scripts.append(page)
        return page

    def close(self) -> None:
        """Close every page of this test."""
        for context in self._browser.contexts:
            context.close()

    def look(self, page: Page, name: str) -> None:
        """Check what every page must be, wide and narrow, and keep a picture of both."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        wide = page.viewport_size
        assert wide is not None
        assert_headings_in_order(page)
        # The checker is itself a script, and the two kinds of page look alike.
        has_scripts = page not in self._without_scripts
        if has_scripts:
            self._check_access(page, name)
            page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
        page.set_viewport_size({"width": NARROW_PX, "height": 800})
        if has_scripts:
            page.screenshot(path=SCREENSHOTS / f"{name}-narrow.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW_PX, f"{name} does not reflow: {width} px wide"
        page.set_viewport_size(wide)

    def _check_access(self, page: Page, name: str) -> None:
        faults = self._axe.run(page, options={"runOnly": RULES}).response["violations"]
        told = [(one["id"], [node["target"] for node in one["nodes"]]) for one in faults]
        assert not told, f"{name}: {told}"

    def _note(self, message: ConsoleMessage) -> None:
        # A status of 4xx or 5xx is meant to be one; everything else would be a fault of ours.
        if message.type in {"error", "warning"} and "Failed to load" not in message.text:
            self.said.append(message.text)


@pytest.fixture
def offices(tmp_path: Path) -> Offices:
    """The offices of this test, on one clock."""
    return Offices(tmp_path)


@pytest.fixture
def leeds(offices: Offices) -> Iterator[Terminal]:
    """The prison at Leeds, with Ash and Birch on its staff."""
    office = offices.open("LEI")
    office.hire("ash")
    office.hire("birch")
    yield terminal_of(office)
    office.store.close()


@pytest.fixture
def leeds_url(leeds: Terminal) -> Iterator[str]:
    """Where the terminal of Leeds is served."""
    with served(leeds.app) as address:
        yield address


@pytest.fixture
def browsing(browser: Browser) -> Iterator[Browsing]:
    """The pages of this test, which must say nothing on their consoles."""
    opened = Browsing(browser)
    yield opened
    opened.close()
    assert not opened.said, opened.said


@pytest.fixture
def look(browsing: Browsing) -> Look:
    """Checks a page, wide and narrow, and keeps a picture of both."""
    return browsing.look


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def ash(request: pytest.FixtureRequest, leeds_url: str, browsing: Browsing) -> Staff:
    """Ash, signed in at Leeds; once with JavaScript and once without."""
    staff = Staff(browsing.open(scripts=request.param), leeds_url)
    staff.sign_in("ash")
    return staff


@pytest.fixture
def birch(leeds_url: str, browsing: Browsing) -> Staff:
    """Birch, signed in at another terminal of Leeds."""
    staff = Staff(browsing.open(), leeds_url)
    staff.sign_in("birch")
    return staff


def assert_headings_in_order(page: Page) -> None:
    """One first heading, and none below it that skips a level."""
    levels = [
        int(tag[1])
        for tag in page.locator("main :is(h1, h2, h3, h4, h5)").evaluate_all(
            "found => found.map(one => one.tagName)"
        )
    ]
    assert levels.count(1) == 1, levels
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
