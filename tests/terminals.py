"""A browser without a window at an office's own app, which is made once for each office."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from weakref import WeakKeyDictionary

from litestar import Litestar
from litestar.testing import TestClient

from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD, Office
from tests.unit.casework.web.test_pages import Browser

_APPS: WeakKeyDictionary[Office, Litestar] = WeakKeyDictionary()


@contextmanager
def at(office: Office, name: str = "ash") -> Iterator[Browser]:
    """A browser at this office, with somebody signed in."""
    if office not in _APPS:
        _APPS[office] = terminal_of(office).app
    with TestClient(_APPS[office], base_url="http://127.0.0.1") as http:
        browser = Browser(http)
        browser.get("/sign-in")
        browser.post("/sign-in", user_name=name, password=PASSWORD)
        yield browser


def page(office: Office, path: str, name: str = "ash") -> str:
    """A page as somebody reads it."""
    with at(office, name) as browser:
        browser.get(path)
        assert browser.status == 200, browser.text
        return unescape(browser.text)
