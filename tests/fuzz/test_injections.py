"""Text that is written to be taken for something else is text: on every page, and in every query.

Each piece is typed where staff type freely, and read on every page of the person as a browser reads
it: no element, attribute or address comes of it, and what was typed stands there letter by letter.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

import pytest

from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.notes import NewNote, add_note
from casework.desk.people import NewPerson, create
from sync_protocol.ids import SubjectId
from tests.desks import NOON_MS
from tests.fuzz.https import Site, site

pytestmark = pytest.mark.slow

MARK: Final = "Zqmark"
"""In every piece, and in nothing else."""
PIECES: Final = (
    f"<script>{MARK}()</script>",
    f"</script><script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f'"><svg onload={MARK}()>',
    f"'><b onmouseover='{MARK}()'>x",
    f'" autofocus onfocus="{MARK}()',
    f"' accesskey='x' onclick='{MARK}()",
    f"` onclick=`{MARK}()",
    f"</textarea><script>{MARK}()</script>",
    f"</title><script>{MARK}()</script>",
    f"</select><iframe srcdoc='<script>{MARK}()</script>'>",
    f"<!--{MARK}--><script>1</script>",
    f"--><script>{MARK}()</script>",
    f"<![CDATA[<script>{MARK}()</script>]]>",
    f"javascript:{MARK}()",
    f"<a href='javascript:{MARK}()'>x</a>",
    f"<base href=//{MARK}.example>",
    f"<meta http-equiv=refresh content='0;url=//{MARK}.example'>",
    f"<form action=//{MARK}.example><button>",
    f"<style>@import '//{MARK}.example'</style>",
    f"{{{{ 7*7 }}}} {MARK} {{% print(1) %}} {{# x #}}",
    f"${{7*7}} #{{7*7}} {MARK}",
    f"&lt;script&gt;{MARK}&#x28;&#41;&amp;",
    f'=HYPERLINK("//{MARK}.example") +1 -1 @SUM(A1)',
    f"%3Cscript%3E{MARK}%3C/script%3E",
    f"\u202e{MARK}\u2066 \ufeff\u200b",
    f"<\u0131mg src=x onerror={MARK}()> \uff1cscript\uff1e",
)
QUERIES: Final = (
    "'",
    '"',
    "' OR '1'='1",
    "'; DROP TABLE person; --",
    '" OR 1=1 --',
    "example*",
    "last:example",
    "NEAR(example robin)",
    "example AND robin",
    "example OR nobody",
    "^example",
    "{last first}: example",
    "-example",
    "(((((",
    "a" * 200,
    "%",
    "_",
    "\\",
    "\x1a\x08",
    "example\u0000robin",
    "\U0001f4a5",
    "UNION SELECT password FROM account",
)


class Read(HTMLParser):
    """A page as a browser reads it: what could run or lead away, and its text."""

    def __init__(self, page: str) -> None:
        """Read the whole page."""
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that is none of ours, or an attribute that says more than text."""
        values = dict(attrs)
        if tag in {"iframe", "base", "style", "img", "b", "object", "embed", "meta"} and (
            tag != "meta" or "http-equiv" in values
        ):
            self.found.append(tag)
        if tag == "script" and not (values.get("src") or "").startswith("/static/"):
            self.found.append("script")
        for name, value in attrs:
            leads = name in {"href", "src", "action", "formaction"}
            if name.startswith("on") or (leads and not _is_local(value or "")):
                self.found.append(f"{tag} {name}={value}")
            self.text += f" {value} "

    def handle_data(self, text: str, /) -> None:
        """Text."""
        self.text += text


def _is_local(address: str) -> bool:
    return address == "" or (address[0] in "/#?" and address[1:2] not in {"/", "\\"})


@pytest.fixture(scope="module", params=("LEI", "CENTRE"))
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An office, then the centre."""
    with site(tmp_path_factory.mktemp("site"), request.param) as made:
        yield made


@pytest.fixture(scope="module")
def person(place: Site) -> SubjectId:
    """Somebody of whom every piece was typed."""
    desk, ash = place.office.desk, place.caller
    made = create(desk, ash, NewPerson(PIECES[0], PIECES[3], middle=PIECES[5])).person
    for piece in PIECES:
        add_note(desk, ash, made, NewNote("GEN", "HIS", piece, NOON_MS))
    raise_alert(desk, ash, made, NewAlert("XA", PIECES[2], "2026-11-22"))
    return made


def _pages(place: Site, person: SubjectId) -> Iterator[tuple[str, str]]:
    """Every page that shows the person or one of their records, as it is at last."""
    cookie, _csrf = place.browser()
    with place.office.store.reading() as reading:
        records = {
            kind: reading.records(kind, person)[0].key.record.hex()
            for kind in ("alert", "case_note")
        }
    addresses = set()
    for route in place.web.app.routes:
        path = route.path_format
        if "GET" not in getattr(route, "methods", ()) or path.startswith(("/api/", "/static")):
            continue
        for kind, record in records.items():
            filled = path.replace("{person}", person.hex()).replace("{kind}", kind)
            addresses.add(filled.replace("{record}", record))
    for address in sorted(one for one in addresses if "{" not in one):
        answer = place.web.get(address, params={"q": MARK}, headers=cookie)
        assert answer.status_code < 500, address
        yield address, answer.text


def test_what_is_typed_is_text_on_every_page(place: Site, person: SubjectId) -> None:
    """S37: nothing of it becomes part of the page, and nothing of it is lost."""
    shown = 0
    for address, page in _pages(place, person):
        read = Read(page)
        assert read.found == [], address
        shown += MARK in read.text
        if address == f"/people/{person.hex()}":
            assert not [one for one in PIECES[1:2] if one not in read.text]
    assert shown > 6


def test_what_is_typed_comes_back_letter_by_letter(place: Site, person: SubjectId) -> None:
    """S37: through the API, and nothing of it was taken for something else on the way."""
    path = f"/api/v1/people/{person.hex()}/records/case_note"
    answer = place.web.get(path, headers=place.bearer())
    texts = {str(one) for one in PIECES}
    found = answer.text
    assert answer.headers["content-type"] == "application/json"
    assert not [one for one in texts if _as_json(one) not in found]


def _as_json(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def test_the_reader_would_see_what_runs() -> None:
    """S37: else the test above would pass of anything."""
    for piece in (PIECES[0], PIECES[2], PIECES[3], PIECES[15], PIECES[16], PIECES[18]):
        assert Read(f"<p>{piece}</p>").found, piece
    assert Read('<script src="/static/a.js"></script><a href="/x">y</a>').found == []


@pytest.mark.parametrize("text", QUERIES)
def test_what_is_searched_for_is_only_words(place: Site, person: SubjectId, text: str) -> None:
    """S40: answered, with nobody who is not called so, and nothing is changed."""
    del person
    before = place.record()
    cookie, _csrf = place.browser()
    for path, headers in (("/search", cookie), ("/api/v1/people", place.bearer())):
        answer = place.web.get(path, params={"q": text}, headers=headers)
        assert answer.status_code in {200, 400, 422}, answer.text[:200]
        assert "sqlite" not in answer.text.lower()
    found = place.web.get("/api/v1/people", params={"q": text}, headers=place.bearer()).json()
    is_called_so = text in {"example*", "^example", "-example", "example\u0000robin", '"', "'"}
    assert is_called_so or found.get("matches", []) == [], found
    assert place.record() == before
