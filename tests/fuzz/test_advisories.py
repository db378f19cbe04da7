"""Holes that were found in the framework we stand on, or in others like it: shut in our own apps.

One test for each advisory, at the real app of a centre and of an office. What a release of theirs
mended could come back with the next, or with a setting of ours; these say that it has not.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from casework.access.lockout import ATTEMPTS_MAX, WAIT_MS_MAX
from casework.access.sessions import form_token
from casework.web.limits import BODY_BYTES_MAX
from edge.app import EdgeParts
from edge.app import build_app as build_edge
from tests.asking import Told, ask, merged
from tests.fuzz.https import PLACES, Site, site
from tests.house.source import ROOT
from tests.webs import parts_of

pytestmark = pytest.mark.slow

MARKUP: Final = '"><script>alert(1)</script>'
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
SECONDS_MAX: Final = 3.0
"""Of work for one request: what grows with the square of a body takes minutes."""
FORWARDED: Final = (
    "x-forwarded-for",
    "x-real-ip",
    "forwarded",
    "x-forwarded-host",
    "x-client-cert",
    "x-forwarded-client-cert",
    "x-forwarded-user",
    "remote-user",
)


@pytest.fixture(scope="module", params=PLACES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A centre, then an office."""
    with site(tmp_path_factory.mktemp("site"), request.param) as made:
        yield made


def _ask(place: Site, method: str, path: str, *headers: Any, **more: Any) -> Told:
    return ask(place.web.app, method, path, merged(*headers), **more)


def _quickly(place: Site, content_type: str, body: bytes) -> None:
    """Sends a body to every door that takes one: none of them works long at it, or falls."""
    cookie, csrf = place.browser()
    typed = {"content-type": content_type}
    callers: tuple[dict[str, str], ...] = ({}, cookie, {**cookie, "x-csrf-token": csrf})
    for path in ("/sign-in", "/people/new", "/api/v1/people"):
        for headers in callers:
            before = time.process_time()
            told = _ask(place, "POST", path, headers, typed, body=[body])
            assert time.process_time() - before < SECONDS_MAX, path
            assert told.status < 500, told.text[:200]


def _with_parts(count: int, header: bytes = b"") -> bytes:
    one = b'--x\r\nContent-Disposition: form-data; name="f%d"' + header + b"\r\n\r\nv\r\n"
    return b"".join(one % number for number in range(count)) + b"--x--\r\n"


def test_a_form_without_end_is_refused(place: Site) -> None:
    """S33: PYSEC-2024-178 (litestar before 2.13): a multipart body was read whole, whatever
    its size and its count of parts.
    """
    before = place.record()
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    cookie, csrf = place.browser()
    token = {"x-csrf-token": csrf}
    endless = (_with_parts(400) for _ in range(BODY_BYTES_MAX // 8_000))
    assert _ask(place, "POST", "/people/new", cookie, token, multipart, body=endless).status == 413
    for body in (_with_parts(10_000), _with_parts(2, b'; filename="a"')):
        started = time.process_time()
        # With the token in the form itself its parts have to be read to find it.
        assert _ask(place, "POST", "/people/new", cookie, multipart, body=[body]).status == 400
        read = _ask(place, "POST", "/people/new", cookie, token, multipart, body=[body])
        assert read.status in {303, 400}
        assert time.process_time() - started < SECONDS_MAX
    assert place.record() == before


def test_guesses_are_counted_by_account_whoever_they_say_that_they_come_from(place: Site) -> None:
    """S32, S19: CVE-2025-59152 (litestar before 2.18): another X-Forwarded-For was another caller
    to its rate limit.
    """
    place.office.hire("birch")
    body = json.dumps({"user_name": "birch", "password": "not the password"}).encode()
    typed = {"content-type": "application/json"}
    statuses = []
    for number in range(ATTEMPTS_MAX + 1):
        forwarded = dict.fromkeys(FORWARDED, f"198.51.100.{number}")
        told = _ask(place, "POST", "/api/v1/sign-in", forwarded, typed, body=[body])
        statuses.append(told.status)
        place.office.clock.pass_ms(WAIT_MS_MAX)
    assert statuses == [401] * ATTEMPTS_MAX + [403]


def test_nobody_is_let_in_or_named_by_a_header_that_forwards(place: Site) -> None:
    """S32: what a proxy would say of a caller says nothing here: no certificate, user or address.

    The audit names the address that called.
    """
    forwarded = dict.fromkeys(FORWARDED, "203.0.113.9") | {"x-client-cert": "CN=ash"}
    assert _ask(place, "GET", "/api/v1/me", forwarded).status == 401
    assert _ask(place, "GET", "/api/v1/me", forwarded, place.bearer()).status == 200
    with place.office.store.reading() as reading:
        devices = {str(row[0]) for row in reading.select("SELECT terminal FROM audit")}
    assert not {one for one in devices if "203.0.113.9" in one}


HOSTS: Final = (
    "officeXexample.org",
    "office.exampleXorg",
    "evil.office.example.org",
    "office.example.org.evil.example",
    "office.example.org@evil.example",
    "office.example.org:80:80",
    "office.example.org:99999",
    "office.example.org:\u00b2",
    "[office.example.org",
    "",
)


def test_a_dot_of_a_host_is_a_dot(place: Site) -> None:
    """S34: CVE-2026-25479 (litestar before 2.20): allowed hosts were patterns, of which a dot
    was any letter.
    """
    web = msgspec.structs.replace(parts_of(place.office), hosts=frozenset({"office.example.org"}))
    app = build_edge(EdgeParts(web=web))
    assert ask(app, "GET", "/live", [("host", "office.example.org:443")]).status == 200
    for host in HOSTS:
        for path in ("/live", "/people", "/nowhere", "/sign-in"):
            told = ask(app, "GET", path, [("host", host), ("accept", "text/html")])
            assert told.status == 421, (host, path)
            assert place.office.desk.place.name not in told.text


def test_a_host_that_somebody_forwards_is_not_believed(place: Site) -> None:
    """S34: PYSEC-2026-2603 (litestar before 2.25): X-Forwarded-Host stood in for Host."""
    for name in ("x-forwarded-host", "forwarded", "x-host", "x-original-host"):
        headers = [("host", "evil.example"), (name, "office.local")]
        assert ask(place.web.app, "GET", "/live", headers).status == 421
        headers = [("host", "office.local"), (name, "evil.example")]
        told = ask(place.web.app, "GET", "/people", [*headers, ("accept", "text/html")])
        assert "evil" not in str(told.headers) + told.text


def test_of_two_hosts_neither_is_believed(place: Site) -> None:
    """S34: a proxy and a node that read different ones would be asked two things at once."""
    for hosts in (("office.local", "evil.example"), ("evil.example", "office.local")):
        told = ask(place.web.app, "GET", "/live", [("host", one) for one in hosts])
        assert told.status == 421


@pytest.mark.parametrize("origin", ["http://officeXlocal", "http://office.local.evil.example"])
def test_no_other_origin_reads_or_changes_anything(place: Site, origin: str) -> None:
    """S35: CVE-2026-25478 (litestar before 2.20): allowed origins were patterns as well."""
    cookie, csrf = place.browser()
    asked = [
        _ask(place, "GET", "/api/v1/me", place.bearer(), {"origin": origin}),
        _ask(
            place,
            "OPTIONS",
            "/api/v1/people",
            {"origin": origin, "access-control-request-method": "POST"},
        ),
    ]
    for told in asked:
        assert not [name for name, _ in told.headers if name.startswith("access-control-")]
    before = place.record()
    foreign = {**cookie, "origin": origin, "x-csrf-token": csrf}
    assert _ask(place, "POST", "/people/new", foreign, FORM).status == 403
    assert place.record() == before


def test_no_cookie_is_written_into_a_page(place: Site) -> None:
    """S35: CVE-2026-48060 (litestar before 2.20): the token of a form was taken from a cookie,
    and a cookie that another site had planted became part of the page.
    """
    headers, _csrf = place.browser()
    names = ("csrf", "csrftoken", "XSRF-TOKEN", "_csrf", "tc_00000000")
    planted = "; ".join(f"{name}={MARKUP}" for name in names)
    headers["cookie"] = f"{headers['cookie']}; {planted}"
    for path in ("/people/new", "/sign-in", "/nowhere", f"/people/{place.ids['person']}"):
        told = _ask(place, "GET", path, headers)
        if told.status == 303:
            told = _ask(place, "GET", told.all_of("location")[0].partition("?")[0], headers)
        assert "<script>alert" not in told.text
        assert MARKUP not in told.text
    before = place.record()
    for token in (MARKUP, form_token(MARKUP)):
        body = [f"csrf={token}".encode()]
        refused = _ask(place, "POST", "/people/new", headers, FORM, body=body)
        assert refused.status == 403
        assert MARKUP not in refused.text
    assert place.record() == before


@pytest.mark.parametrize(
    "name",
    [
        "../views.py",
        "..%2fviews.py",
        "..\\views.py",
        "/etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "%252e%252e%252fviews.py",
        "vendor/manifest.json",
        "manifest.json",
        "\x00",
    ],
)
def test_no_path_leads_out_of_the_static_files(place: Site, name: str) -> None:
    """S39: CVE-2024-32982 (litestar before 2.8.3): dots in the name of a static file led to any
    file of the machine.
    """
    told = _ask(place, "GET", f"/static/{name}")
    assert told.status == 404
    assert b"import" not in told.body
    assert b"root:" not in told.body


def test_a_content_type_takes_no_longer_than_it_is_long(place: Site) -> None:
    """S33: CVE-2024-24762 (python-multipart before 0.0.7): backslashes in a boundary doubled the
    time with each.
    """
    for marks in ("\\" * 60 + "a", "\\\\" * 4_000, '"' * 4_000, ";a=" * 4_000):
        _quickly(place, f'multipart/form-data; boundary="{marks}', _with_parts(1))
        _quickly(place, f'application/x-www-form-urlencoded; !="{marks}', b"a=1")


def test_semicolons_are_letters_of_a_form(place: Site) -> None:
    """S33: CVE-2026-53539 and GHSA-6jv3-5f52-599m (python-multipart before 0.0.30): they parted
    fields, in a time that grew with the square, and let one field be smuggled in another.
    """
    _quickly(place, FORM["content-type"], b"a;" * (BODY_BYTES_MAX // 2 - 8))
    cookie, csrf = place.browser()
    body = [f"first=Robin;csrf={csrf}".encode()]
    assert _ask(place, "POST", "/people/new", cookie, FORM, body=body).status == 403


def test_headers_of_a_part_have_an_end(place: Site) -> None:
    """S33: GHSA-pp6c-gr5w-3c5g (python-multipart before 0.0.27): a part's headers had none."""
    many = b"\r\n" + b"a: b\r\n" * 100_000
    long = b"\r\na: " + b"b" * 900_000
    for header in (many, long):
        _quickly(place, "multipart/form-data; boundary=x", _with_parts(1, header)[:-6])


@pytest.mark.parametrize("length", ["-1", "-99999999999", "+5", "0x10", "5, 6", "5_0"])
def test_a_length_below_nothing_reads_no_more_than_is_allowed(place: Site, length: str) -> None:
    """S33: GHSA-v9pg-7xvm-68hf (python-multipart before 0.0.31): a length of -1 read everything
    there was.
    """
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(64):
            read += 1 << 17
            yield b"a=1&" * (1 << 15)

    cookie, csrf = place.browser()
    headers = {**cookie, "x-csrf-token": csrf, "content-length": length}
    told = _ask(place, "POST", "/people/new", headers, FORM, body=endless())
    assert 400 <= told.status < 500
    assert read <= 2 * BODY_BYTES_MAX


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r", "\u560d\u560a", "%0d%0a"])
def test_nothing_that_is_typed_ends_a_header(place: Site, ends: str) -> None:
    """S38: CVE-2020-7695 (uvicorn before 0.11.7): a line's end in a header's value began a header
    or an answer of its own.
    """
    cookie, _csrf = place.browser()
    for path, query in (("/sign-in", f"next=/x{ends}set-cookie:+a=1"), (f"/x{ends}a:b", "")):
        for headers in ({}, cookie):
            told = _ask(place, "GET", path, headers, {"accept": "text/html"}, query=query)
            assert not [one for one in told.headers if {"\r", "\n"} & set("".join(one))]
            assert told.all_of("set-cookie") == []
            assert told.status < 500


def test_what_we_do_not_stand_on_is_not_installed() -> None:
    """S50: CVE-2025-61920 and CVE-2026-27962 (authlib, which took a token's own key for the
    issuer's) are of a library that no lock file names; nor are the form readers named above.
    """
    for lock in ("requirements.lock", "requirements-run.lock"):
        names = {line.partition("==")[0] for line in (ROOT / lock).read_text().splitlines()}
        assert "litestar" in names
        assert not names & {"authlib", "python-multipart", "starlette", "python-jose"}
