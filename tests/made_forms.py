"""Made forms at an office's terminals: opened, answered anew in part, sent, and read."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from casework.access.caller import Caller
from casework.desk.people import NewPerson, create
from casework.desk.records import Addition, Change, RecordView, add, change, read_all
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.web.test_pages import Browser


class Desktop:
    """An office, two of its staff at terminals, and records of people made for one test."""

    def __init__(self, office: Office, ash: Browser, birch: Browser, caller: Caller) -> None:
        """Whose browsers they are is named; `caller` is Ash."""
        self.office, self.ash, self.birch, self.caller = office, ash, birch, caller

    def person(self) -> SubjectId:
        """Somebody new."""
        robin = NewPerson("Robin", "Example")
        return create(self.office.desk, self.caller, robin, confirmed=True).person

    def record(
        self, kind: str, values: Mapping[str, Any], person: SubjectId | None = None
    ) -> "Opened":
        """A record that is there, of somebody new where nobody is named."""
        person = person or self.person()
        saved = add(self.office.desk, self.caller, person, Addition(kind, dict(values)))
        address = f"/people/{person.hex()}/records/{kind}/{saved.record.hex()}/change"
        return Opened(self, person, kind, address)


class Opened:
    """One record, and the address of the form that changes it."""

    def __init__(self, desktop: Desktop, person: SubjectId, kind: str, address: str) -> None:
        """As it was added."""
        self.desktop, self.person, self.kind, self.address = desktop, person, kind, address

    @property
    def now(self) -> RecordView:
        """What stands."""
        desktop = self.desktop
        (view,) = read_all(desktop.office.desk, desktop.caller, self.person, self.kind)
        return view

    def set(self, **values: Any) -> None:
        """Somebody changes it, having seen all that stands."""
        view, desktop = self.now, self.desktop
        wanted = Change(self.kind, view.record, values, view.seen)
        change(desktop.office.desk, desktop.caller, self.person, wanted)


def typed(browser: Browser) -> dict[str, str]:
    """The answers that a form shows, as a browser would send them back."""
    page = browser.text.partition('<form method="post"')[2].partition("data-end-of-form")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = _attribute(tag, "name"), _attribute(tag, "value")
        is_chosen = not re.search(r'type="(radio|checkbox)"', tag) or " checked" in tag
        if name and is_chosen and 'type="hidden"' not in tag:
            found[name] = value
    for name, options in re.findall(
        r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        found[name] = unescape(chosen[0]) if chosen else ""
    texts = re.findall(r'<textarea[^>]*\bname="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return {**found, **{name: unescape(text) for name, text in texts}}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def send(browser: Browser, address: str, **answers: str) -> None:
    """Open a form, answer anew what is named, leave the rest, and press Continue."""
    browser.get(address)
    assert browser.status == 200, browser.text
    browser.post(address, **{**typed(browser), **answers})


def save(browser: Browser, address: str, step: str = "save") -> None:
    """Press a button of the check, or of what is shown of a stale form."""
    browser.post(address, step=step)


def told(browser: Browser) -> str:
    """What the page says, as it is read."""
    main = unescape(browser.text).partition("<body")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
