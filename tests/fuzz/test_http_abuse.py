"""HTTP as no browser and no node of ours speaks it: refused with a problem, and nothing kept.

Pages, the API and the exchange, at the centre and at an office: bodies that are too large, too
deep, too many, of another type than they say, or twice; addresses and headers without end.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from casework.web.limits import BODY_BYTES_MAX
from sync_protocol.io.http_peer import EXCHANGE_PATH
from sync_protocol.limits import REQUEST_BYTES_MAX
from tests.desks import node_id
from tests.fuzz.https import PLACES, Site, site
from tests.webs import HERE

PERSON = {"first": "Robin", "last": "Example"}
MANY = 100_000
PARTS = 10_000
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
METHODS = ("TRACE", "CONNECT", "PROPFIND", "DELETE", "PUT", "OPTIONS", "", "GET\x20X", "BREW")
pytestmark = pytest.mark.slow

Body = bytes | Callable[[], AsyncIterator[bytes]]


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A centre, then an office."""
    with site(tmp_path_factory.mktemp("site"), request.param) as made:
        yield made


def _bodies() -> Iterator[tuple[str, str, Body]]:
    """What is sent, under which content type."""
    deep, dots = b"[" * MANY, b'{"first":' * MANY
    yield "nested lists", "application/json", deep
    yield "nested objects", "application/json", dots
    yield "as text", "text/plain", deep
    yield "as problem", "application/problem+json", deep
    yield "json with a charset", "application/json; charset=utf-16", deep
    yield "nothing", "application/json", b""
    yield "not json", "application/json", b"\xff\xfe\x00"
    yield "a number beyond", "application/json", b"9" * 5_000
    yield "infinity", "application/json", b'{"first":1e999,"last":NaN}'
    yield "surrogate", "application/json", b'{"first":"\\ud800","last":"\\udfff"}'
    yield "raw surrogate", "application/json", b'{"first":"\xed\xa0\x80","last":"x"}'
    yield "a key twice", "application/json", b'{"first":"A","first":3,"last":"B"}'
    yield "many keys", "application/json", json.dumps({f"k{n}": n for n in range(40_000)}).encode()
    yield "too large", "application/json", b'"' + b"x" * (BODY_BYTES_MAX + 1) + b'"'
    yield "endless", "application/json", _endless
    yield "form fields", FORM, b"&".join(b"f%d=1" % n for n in range(MANY))
    yield "form of one name", FORM, b"first=1&" * MANY
    yield "form of nothing", FORM, b"&" * MANY
    yield "form surrogate", FORM, b"first=%ED%A0%80&last=%00&csrf=%FF"
    yield "form percent", FORM, b"%" * 1_000
    yield "multipart", MULTIPART, _parts(PARTS)
    yield "multipart of files", MULTIPART, _parts(3, b'; filename="a"')
    yield "multipart cut off", MULTIPART, _parts(2)[:-9]
    yield "multipart without a boundary", "multipart/form-data", _parts(2)
    yield "multipart of another", "multipart/form-data; boundary=" + "y" * 900, _parts(2)
    yield "msgpack", "application/x-msgpack", b"\xdf\xff\xff\xff\xff"
    yield "no type at all", "", b'{"first":"A","last":"B"}'
    yield "a type that is none", "application/json/json;;=", deep


def _parts(count: int, more: bytes = b"") -> bytes:
    opening = b'--x\r\nContent-Disposition: form-data; name="f%d"' + more + b"\r\n\r\nv\r\n"
    return b"".join(opening % number for number in range(count)) + b"--x--\r\n"


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(BODY_BYTES_MAX // 16_384 + 9):
        yield b"[" * 16_384


BODIES = list(_bodies())
ROUTES = ("/api/v1/people", "/api/v1/sign-in", "/people/new", "/sign-in", "/api/v1/password")
NOT_PERMITTED = {500, 501, 502, 504}


def _ask(place: Site, method: str, path: str, **words: Any) -> httpx.Response:
    """One request without a browser's politeness, straight into the app."""

    async def ask() -> httpx.Response:
        called: Any = place.web.app
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(called, raise_app_exceptions=False), base_url=HERE
        ) as line:
            return await line.request(method, path, **words)

    return asyncio.run(asyncio.wait_for(ask(), 60))


def _refused(place: Site, answer: httpx.Response, before: bytes) -> None:
    """No fault of ours; an error in our form; nothing kept."""
    assert answer.status_code not in NOT_PERMITTED, answer.text[:300]
    if answer.headers.get("content-type", "").startswith("application/"):
        assert "traceback" not in answer.text.lower()
    if answer.status_code >= 400 and "text/html" not in answer.headers.get("content-type", ""):
        told = answer.json()
        assert told["status"] == answer.status_code
        assert told["code"]
        assert told["hint"]
    assert place.record() == before


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(("name", "content_type", "body"), BODIES, ids=[one[0] for one in BODIES])
def test_a_body_that_nobody_sends_changes_nothing(
    place: Site, path: str, name: str, content_type: str, body: Body
) -> None:
    """INV-14: as a program, as a browser, and as nobody."""
    before = place.record()
    cookie, csrf = place.browser()
    callers = [{}, place.bearer(), {**cookie, "x-csrf-token": csrf}]
    for headers in callers:
        typed = {"content-type": content_type} if content_type else {}
        content = body() if callable(body) else body
        answer = _ask(place, "POST", path, content=content, headers={**headers, **typed})
        if answer.status_code == 201:
            # The one body that is sound but for a key twice, whose last word counts, or its type.
            assert name == "no type at all"
            before = place.record()
        _refused(place, answer, before)


@pytest.mark.parametrize("length", ["-1", "x", "0", "5", "99999999999999999999", "1e3", "+7", ""])
def test_a_length_that_lies_changes_nothing(place: Site, length: str) -> None:
    before = place.record()
    headers = {**place.bearer(), "content-type": "application/json", "content-length": length}
    for path in (*ROUTES, EXCHANGE_PATH):
        answer = _ask(place, "POST", path, content=b'{"first":"A"}', headers=headers)
        _refused(place, answer, before)


@pytest.mark.parametrize("path", [*ROUTES, EXCHANGE_PATH, "/", "/nowhere", "/live"])
def test_a_method_that_nobody_uses_is_refused(place: Site, path: str) -> None:
    before = place.record()
    for method in METHODS:
        if method and " " not in method:
            answer = _ask(place, method, path, headers=place.bearer())
            _refused(place, answer, before)
            assert answer.status_code < 400 or answer.status_code in {401, 403, 404, 405}


def _addresses() -> Iterator[str]:
    yield "/people?q=" + "x" * 60_000
    yield "/people?" + "q=1&" * 15_000
    yield "/people?q=%ED%A0%80&q=%00"
    yield "/people?q=%"
    yield "/api/v1/people?q=" + "%F0%9F%92%A5" * 5_000
    yield "/api/v1/people/" + "a" * 60_000
    yield "/api/v1/people/%00/records/risk"
    yield "/api/v1/people/%ED%A0%80"
    yield "/api/v1/people/" + "f" * 32 + "/records/%2e%2e%2f"
    yield "/api/v1/conflicts/" + "A" * 30_000
    yield "/api/v1/conflicts/%ED%A0%80"
    yield "/static/%2e%2e/%2e%2e/etc/passwd"
    yield "/static/" + "../" * 500 + "x"
    yield "/" + "a/" * 5_000
    yield "//elsewhere.example/"
    yield "/sign-in?next=" + "/" * 9_000
    yield "/sign-in?next=%0d%0aset-cookie:x=1"
    yield "/api/v1/departures?limit=" + "9" * 400
    yield "/api/v1/people/" + "f" * 32 + "/timeline?before_ms=-" + "9" * 40


@pytest.mark.parametrize("address", list(_addresses()), ids=lambda one: one[:36])
def test_an_address_without_end_is_refused_or_answered(place: Site, address: str) -> None:
    before = place.record()
    cookie, _csrf = place.browser()
    for headers in ({}, place.bearer(), cookie):
        answer = _ask(place, "GET", address, headers=headers)
        _refused(place, answer, before)
        assert "set-cookie" not in str(answer.headers.get("location", ""))


def _headers() -> Iterator[tuple[str, str]]:
    yield "authorization", "Bearer " + "x" * 60_000
    yield "authorization", "\xff\xfe"
    yield "cookie", "; ".join(f"c{n}=1" for n in range(5_000))
    yield "cookie", "tc_=" + "\xff" * 9_000
    yield "if-match", '"' + "A" * 60_000 + '"'
    yield "idempotency-key", "k" * 60_000
    yield "idempotency-key", "\xff"
    yield "host", "x" * 9_000
    yield "host", "[::1"
    yield "origin", "\xff://"
    yield "accept", "text/html," * 9_000
    yield "accept-encoding", "gzip;q=" + "9" * 9_000
    yield "content-encoding", "gzip, br, zstd"
    yield "transfer-encoding", "chunked, chunked"
    yield "range", "bytes=0-,9-" + "9" * 400
    yield "x-forwarded-for", "1.2.3.4," * 5_000
    yield "x-csrf-token", "\xff" * 999


@pytest.mark.parametrize(("name", "value"), list(_headers()), ids=lambda one: str(one)[:24])
def test_a_header_without_end_is_refused_or_answered(place: Site, name: str, value: str) -> None:
    before = place.record()
    person = place.ids["person"]
    for method, path in (
        ("GET", "/people"),
        ("GET", f"/api/v1/people/{person}"),
        ("POST", f"/api/v1/people/{person}/records/risk"),
        ("POST", EXCHANGE_PATH),
    ):
        headers = {**place.bearer(), name: value.encode("latin-1")}
        body = {"values": {"self_harm": 7}} if method == "POST" else None
        answer = _ask(place, method, path, headers=headers, json=body)
        _refused(place, answer, before)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_no_exchange_is_a_problem(place: Site, seed: int) -> None:
    """INV-14: declared or in chunks, of a stranger, of a node, of nobody."""
    chance, before = random.Random(seed), place.record()
    opening = b"tc\x01\x00" + node_id(chance.choice(PLACES)) + node_id("CENTRE")
    bodies: list[Body] = [
        opening + chance.randbytes(chance.randint(0, 400)),
        opening[: chance.randint(0, len(opening))],
        chance.randbytes(chance.randint(0, 200)),
        b"tc\x01\x01" + node_id("LEI") + bytes(96) + b"\x28\xb5\x2f\xfd" + chance.randbytes(40),
    ]
    for body in bodies:
        for content_type in ("application/octet-stream", FORM, "application/json", MULTIPART):
            headers = {"content-type": content_type}
            answer = _ask(place, "POST", EXCHANGE_PATH, content=body, headers=headers)
            _refused(place, answer, before)
            assert answer.status_code in {400, 403, 404, 405, 413}


def test_an_exchange_that_is_too_large_is_refused_declared_or_not(place: Site) -> None:
    """INV-14."""
    before = place.record()
    opening = b"tc\x01\x00" + node_id("LEI")

    async def endless() -> AsyncIterator[bytes]:
        yield opening
        for _ in range(REQUEST_BYTES_MAX // (1 << 20) + 2):
            yield bytes(1 << 20)

    for body in (opening + bytes(REQUEST_BYTES_MAX), endless()):
        answer = _ask(place, "POST", EXCHANGE_PATH, content=body)
        _refused(place, answer, before)
        assert answer.status_code in {404, 405, 413}
