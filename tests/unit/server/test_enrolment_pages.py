"""S1, S3, S12: the centre's pages of its offices: who is let in, by whom, and who no more."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from litestar.testing import TestClient

from server.app import HubParts, build_app
from server.services.joining import Told
from tests.desks import PASSWORD, Office
from tests.joinings import joining_of
from tests.unit.casework.web.test_pages import Browser
from tests.unit.server.test_joining import Box
from tests.webs import parts_of

pytestmark = pytest.mark.slow

HERE = "http://127.0.0.1"
CODE = re.compile(r'<p class="govuk-heading-m tc-code">([^<]+)</p>')
INVITATION = re.compile(r"<textarea[^>]*>([^<]*)</textarea>")
LEEDS = {
    "kind": "prison",
    "code": "lei",
    "name": "Leeds (HMP)",
    "hosts": "leeds.example 10.0.0.5",
    "port": "8443",
    "reason": "It opens on Monday.",
}


class Centre:
    """The centre's app, with two administrators, an auditor and a caseworker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = Office(folder, "CENTRE")
        for name in ("ada", "bob"):
            self.hub.hire(name, "administrator")
        self.hub.hire("una", "auditor")
        self.hub.hire("cas", "staff")
        self.joining = joining_of(self.hub)
        self.app = build_app(HubParts(web=parts_of(self.hub), joining=self.joining))

    @contextmanager
    def at(self, name: str) -> Iterator[Browser]:
        """A browser at which somebody is signed in."""
        with TestClient(self.app, base_url=HERE) as http:
            browser = Browser(http)
            browser.get("/sign-in")
            browser.post("/sign-in", user_name=name, password=PASSWORD)
            yield browser

    def page(self, name: str) -> str:
        """The list, as somebody reads it."""
        with self.at(name) as browser:
            browser.get("/enrolment")
            assert browser.status == 200
            return unescape(browser.text)

    def comes(self, name: str) -> Box:
        """Leeds is given a code by this administrator, and a computer comes with it."""
        with self.at(name) as browser:
            browser.get("/enrolment")
            browser.post("/enrolment/LEI/code")
            box = box_of(self.folder / f"box-of-{name}", browser)
        self.joining.take(box.asked)
        return box

    def acts(self) -> list[str]:
        """What the audit says was done to nodes."""
        return [act for act, _ in self.hub.audit() if act.endswith("_node")]


def box_of(folder: Path, browser: Browser) -> Box:
    """A computer that has the code and the invitation of a page."""
    code, invitation = CODE.search(browser.text), INVITATION.search(browser.text)
    assert code is not None
    assert invitation is not None
    told = Told(code=code[1], invitation=unescape(invitation[1]), ends_ms=0)
    return Box(folder, told)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    with made.at("ada") as browser:
        browser.get("/enrolment/new")
        browser.post("/enrolment/new", **LEEDS)
        browser.post("/enrolment/new", step="save")
        assert "Leeds (HMP) is added" in unescape(browser.text)
    yield made
    made.hub.store.close()


def test_where_there_is_nobody_the_page_says_what_to_do(tmp_path: Path) -> None:
    empty = Centre(tmp_path)
    text = empty.page("ada")
    assert "No office is known." in text
    assert "Nobody waits." in text
    assert "Add an office" in text


def test_two_administrators_let_an_office_in(centre: Centre) -> None:
    """S3: one gives the code, the other types the words that the office reads out."""
    assert "Not let in yet" in centre.page("ada")
    box = centre.comes("ada")
    text = centre.page("bob")
    assert f"Six words: {box.words}." in text
    assert "with the code that Ada gave" in text
    with centre.at("bob") as browser:
        browser.get("/enrolment/LEI/approve")
        browser.post("/enrolment/LEI/approve", words="these are not the words at all")
        browser.post("/enrolment/LEI/approve", step="save")
        assert "These are not the words" in unescape(browser.text)
        browser.get("/enrolment/LEI/approve")
        browser.post("/enrolment/LEI/approve", words=box.words.upper())
        browser.post("/enrolment/LEI/approve", step="save")
        assert "Leeds (HMP) is let in" in unescape(browser.text)
    assert "Its certificate is good until" in centre.page("ada")
    assert centre.acts() == ["plan_node", "invite_node", "approve_node"]


def test_who_gave_the_code_is_offered_no_approval_and_is_refused_one(centre: Centre) -> None:
    """S3: neither by the page nor past it."""
    box = centre.comes("ada")
    text = centre.page("ada")
    assert "You gave the code: another administrator has to let it in." in text
    assert "/enrolment/LEI/approve" not in text
    with centre.at("ada") as browser:
        browser.get("/enrolment/LEI/approve")
        browser.post("/enrolment/LEI/approve", words=box.words)
        browser.post("/enrolment/LEI/approve", step="save")
        assert "Whoever invited a node cannot approve it" in unescape(browser.text)
    assert centre.joining.nodes.entry("LEI").state == "waiting"


def test_a_code_is_on_one_page_alone(centre: Centre) -> None:
    """S1: not on the next, not on the same again, and not in the store."""
    with centre.at("ada") as browser:
        browser.get("/enrolment")
        browser.post("/enrolment/LEI/code")
        code = CODE.search(browser.text)
        assert code is not None
        for path in ("/enrolment", "/nodes"):
            browser.get(path)
            assert code[1] not in browser.text
        browser.get("/enrolment/LEI/code")
        assert browser.status == 405
    text = centre.page("bob")
    assert "Ada gave a code, good until" in text
    assert code[1] not in text


def test_who_waits_can_be_refused(centre: Centre) -> None:
    """S3: with a reason that the audit keeps."""
    centre.comes("ada")
    with centre.at("bob") as browser:
        browser.get("/enrolment/LEI/refuse")
        browser.post("/enrolment/LEI/refuse", reason="The words differ.")
        browser.post("/enrolment/LEI/refuse", step="save")
        assert "Leeds (HMP) was refused" in unescape(browser.text)
    assert "Nobody waits." in centre.page("bob")
    assert centre.acts()[-1] == "refuse_node"


def test_an_office_is_revoked_after_a_second_look_and_trusted_again(centre: Centre) -> None:
    """S12: nothing is revoked by one press, and both acts are in the audit."""
    box = centre.comes("ada")
    entry = centre.joining.nodes.entry("LEI")
    centre.joining.approve(entry, centre.hub.hire("vic", "administrator").staff, box.words)
    with centre.at("ada") as browser:
        browser.get("/enrolment/LEI/revoke")
        browser.post("/enrolment/LEI/revoke", reason="Stolen last night.")
        assert "Check: revoke Leeds (HMP)" in unescape(browser.text)
        assert centre.joining.nodes.entry("LEI").state == "active"
        browser.post("/enrolment/LEI/revoke", step="save")
        assert "Leeds (HMP) is revoked" in unescape(browser.text)
    assert centre.joining.nodes.entry("LEI").state == "revoked"
    text = centre.page("bob")
    assert "Trust it again" in text
    assert "/enrolment/LEI/revoke" not in text
    with centre.at("bob") as browser:
        browser.get("/enrolment/LEI/trust")
        browser.post("/enrolment/LEI/trust", reason="It was in the safe.")
        browser.post("/enrolment/LEI/trust", step="save")
        assert "Leeds (HMP) is trusted again" in unescape(browser.text)
    assert centre.acts()[-2:] == ["revoke_node", "trust_node"]


@pytest.mark.parametrize("name", ["una", "cas"])
def test_whoever_is_no_administrator_sees_the_states_and_does_nothing(
    centre: Centre, name: str
) -> None:
    """S3, S12: neither words nor codes nor forms."""
    box = centre.comes("ada")
    text = centre.page(name)
    assert "Leeds (HMP)" in text
    assert box.words not in text
    assert "Give a code" not in text
    with centre.at(name) as browser:
        browser.get("/enrolment")
        browser.post("/enrolment/LEI/code")
        assert browser.status == 403
        for form in ("new", "LEI/approve", "LEI/refuse", "LEI/revoke", "LEI/trust"):
            browser.get(f"/enrolment/{form}")
            assert browser.status == 403, form


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("code", "L E I", "letters and digits only"),
        ("hosts", "leeds_1 <b>", "Enter names such as"),
        ("port", "99999", "from 1 to 65535"),
    ],
)
def test_what_no_certificate_can_name_is_told(
    centre: Centre, name: str, value: str, says: str
) -> None:
    with centre.at("ada") as browser:
        browser.get("/enrolment/new")
        browser.post("/enrolment/new", **{**LEEDS, "code": "BXI", name: value})
        assert browser.status == 422
        assert says in unescape(browser.text)


def test_a_place_that_has_an_office_gets_no_second(centre: Centre) -> None:
    with centre.at("ada") as browser:
        browser.get("/enrolment/new")
        browser.post("/enrolment/new", **LEEDS)
        browser.post("/enrolment/new", step="save")
        assert "Another node is at this place already" in unescape(browser.text)
