"""Every kind is read, added and changed by pages made from the Registry."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, NamedTuple

import pytest

from casework.access.caller import PlaceKind
from casework.desk.records import ADDED_APART
from casework.records import REGISTRY
from casework.records.examples import example_of
from casework.records.shapes import Shape, field_shape
from casework.web.made.answers import spell
from casework.web.own_pages import OWN_PAGES
from casework.web.shown.kinds import may_add
from sync_protocol.policy import ForwardMost, OpenClose, WholeVersion
from sync_protocol.schema import FieldSpec, Kind
from tests.desks import Offices
from tests.examples import in_order
from tests.terminals import at
from tests.unit.casework.web.test_pages import Browser

pytestmark = pytest.mark.unhurried

KINDS = tuple(REGISTRY.kinds.values())
CODES: tuple[tuple[PlaceKind, str], ...] = (
    ("prison", "LEI"),
    ("probation", "N55LEE"),
    ("centre", "CENTRE"),
)


OTHER_NUMBER = "X123456"
ASH = b"ash".ljust(16, b".").hex()


class Desktop(NamedTuple):
    """A browser somewhere, and the person whose record is open there."""

    browser: Browser
    person: str


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[PlaceKind, Desktop]]:
    """A browser at a prison, at a probation office and at the centre."""
    offices = Offices(tmp_path_factory.mktemp("made"))
    opened: dict[PlaceKind, Desktop] = {}
    held = []
    for place, code in CODES:
        office = offices.open(code)
        office.hire("ash")
        held.append(at(office))
        browser = held[-1].__enter__()
        person, other = browser.create("One"), browser.create("Other")
        add_number(browser, other)
        opened[place] = Desktop(browser, person)
    yield opened
    for one in held:
        one.__exit__(None, None, None)


def within(shape: Shape) -> list[Shape]:
    """A shape and all that it is made of."""
    inner = [one.shape for one in shape.members] + ([shape.item] if shape.item else [])
    return [shape, *(found for one in inner for found in within(one))]


@pytest.mark.parametrize("kind", KINDS, ids=[one.name for one in KINDS])
def test_every_value_has_a_question(kind: Kind) -> None:
    shapes = [one for spec in kind.fields.values() for one in within(field_shape(spec))]
    assert all(one.sort != "other" for one in shapes)


def made_kinds() -> list[Kind]:
    """The kinds that somebody adds by a made form."""
    return [
        kind
        for kind in in_order(KINDS)
        if kind.name not in ADDED_APART
        and kind.name not in {*OWN_PAGES, "person"}
        and any(may_add(kind, place) for place, _ in CODES)
    ]


QUICK = {"appointment", "licence", "handover"}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(one, id=one.name, marks=[] if one.name in QUICK else [pytest.mark.slow])
        for one in made_kinds()
    ],
)
def test_a_record_is_added_by_its_form_and_read(
    kind: Kind, places: dict[PlaceKind, Desktop]
) -> None:
    writers = [place for place, _ in CODES if may_add(kind, place)]
    desktop = places["centre" if kind.file == "restricted" else writers[0]]
    browser, path = desktop.browser, f"{desktop.person}/records/{kind.name}"
    browser.get(f"{path}/new")
    assert browser.status == 200, browser.text
    answers = answers_of(kind) | {"other_person": OTHER_NUMBER}
    there = offered_records(browser.text)
    answers |= {name: one for name, one in there.items() if name in answers}
    browser.post(f"{path}/new", **answers)
    assert "Nothing is saved yet" in browser.text, faults(browser)
    browser.post(f"{path}/new", step="save")
    assert " saved" in browser.text, faults(browser)
    browser.get(path)
    if kind.file == "victim":
        assert browser.status == 403, "nobody reads a victim's file without a role for it"
        return
    assert browser.status == 200
    assert "Last written by Ash" in unescape(browser.text)


def answers_of(kind: Kind) -> dict[str, str]:
    """The example of a kind as somebody would type it."""
    values, answers = example_of(kind), dict[str, str]()
    for name, value in values.items():
        answers |= _spelled(kind.fields[name], value)
    return {key: one for name, value in answers.items() for key, one in _sent(name, value)}


def offered_records(page: str) -> dict[str, str]:
    """Of each question that offers records of the person, the first of them."""
    selects = re.findall(r'<select[^>]*id="([^"]+)".*?</select>', page, re.DOTALL)
    found = {}
    for name in selects:
        options = page.partition(f'id="{name}"')[2].partition("</select>")[0]
        ids = re.findall(r'value="([0-9a-f]{32})"', options)
        if ids and not name.endswith("staff_id"):
            found[name] = ids[0]
    return found


def _spelled(spec: FieldSpec, value: Any) -> dict[str, str]:
    policy, shape = spec.rule.policy, field_shape(spec)
    if isinstance(policy, OpenClose):
        return {}
    if isinstance(policy, ForwardMost):
        return spell(shape, spec.name, value) | {f"{spec.name}.to": str(value["to"])}
    content = shape.member("content")
    if isinstance(policy, WholeVersion) and content is not None:
        answers = spell(content.shape, spec.name, value["content"])
        return answers | {f"{spec.name}.approved": "draft"}
    return spell(shape, spec.name, value)


def _sent(name: str, value: str) -> list[tuple[str, str]]:
    """A day goes in three parts."""
    parts = value.split("-")
    if len(parts) == 3 and all(part.isdecimal() for part in parts):
        names = (f"{name}-year", f"{name}-month", f"{name}-day")
        return list(zip(names, parts, strict=True))
    return [(name, ASH if name.endswith("staff_id") else value)]


def add_number(browser: Browser, person: str) -> None:
    """Give somebody a number by which another record may name them."""
    browser.get(f"{person}/numbers/new")
    browser.post(f"{person}/numbers/new", type="CRN", value=OTHER_NUMBER)
    browser.post(f"{person}/numbers/new", step="save")


def faults(browser: Browser) -> str:
    """What the page says is wrong."""
    text = unescape(browser.text)
    found = text.partition("There is a problem")[2].partition("</div>")[0]
    return found or text[text.find("<main") :][:3000]
