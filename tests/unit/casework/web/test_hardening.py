"""The doors of a node's HTTP side: one regression test for each way in that is shut."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from casework.access.caller import Caller
from casework.access.lockout import ATTEMPTS_MAX, WAIT_MS_MAX
from casework.access.sessions import IDLE_MS_MAX, form_token
from casework.web.limits import BODY_BYTES_MAX, nesting_of
from casework.web.sessions import cookie_name, session_cookie
from casework.web.wiring import make_app
from sync_protocol.limits import NESTING_MAX
from tests.desks import PASSWORD, Office, node_id
from tests.webs import HERE, Api, parts_of

PERSON = {"first": "Robin", "last": "Example"}
PEOPLE = "/api/v1/people"


@pytest.fixture
def api(office: Office, ash: Caller) -> Iterator[Api]:
    with Api(office) as opened:
        assert opened.sign_in().status_code == 200
        yield opened


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["hint"]
    return answer.status_code, problem["code"]


def by_cookie(office: Office, caller: Caller, api: Api) -> tuple[dict[str, str], str]:
    """The headers of a browser at this node's pages, and the session's form token."""
    token = office.sessions.begin(caller, "cookie")
    name = cookie_name(office.desk.node.id, is_tls=False)
    headers = {
        "cookie": f"{name}={token}",
        "sec-fetch-site": "same-origin",
        "origin": HERE,
    }
    return headers, form_token(token)


def test_a_body_over_a_mebibyte_is_refused(api: Api) -> None:
    big = {**PERSON, "middle": "x" * BODY_BYTES_MAX}
    assert code_of(api.post("/people", big)) == (413, "too_large")


def test_a_bomb_of_brackets_is_refused_before_it_is_parsed(api: Api) -> None:
    bomb = b"[" * 200_000
    headers = {**api.bearer, "content-type": "application/json"}
    answer = api.web.post(PEOPLE, content=bomb, headers=headers)
    assert code_of(answer) == (400, "nested_too_deeply")


@pytest.mark.parametrize("kind", ["text/plain", "application/problem+json", "x/y;;="])
def test_a_bomb_of_another_type_is_refused_as_well(api: Api, kind: str) -> None:
    headers = {**api.bearer, "content-type": kind}
    answer = api.web.post(PEOPLE, content=b"[" * 200_000, headers=headers)
    assert code_of(answer) == (400, "nested_too_deeply")


def test_a_body_that_is_no_text_is_refused(api: Api) -> None:
    headers = {**api.bearer, "content-type": "application/json"}
    body = b'{"first":"\xed\xa0\x80","last":"x"}'
    assert code_of(api.web.post(PEOPLE, content=body, headers=headers)) == (400, "not_text")


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b"{}", 1),
        (b'{"a": "[[[["}', 1),
        (b'{"a": "\\"[[["}', 1),
        (b'[[["\\\\", [1]]]]', 4),
        (b'"never ends [[[', 0),
        (b"[" * (NESTING_MAX + 1), NESTING_MAX + 1),
    ],
)
def test_brackets_in_text_do_not_count(body: bytes, depth: int) -> None:
    assert nesting_of(body) == depth


def test_counting_brackets_takes_no_longer_than_the_body_is_long() -> None:
    assert nesting_of(b'"' + b'\\"' * (BODY_BYTES_MAX // 2)) == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"first":"Robin","first":"Ash","last":"Example"}',
        b'{"first":"Robin","last":"Example","\\u0066irst":"Ash"}',
        b'{"first":"Robin","last":"E","identifiers":[{"type":"NOMS","value":"1","value":"2"}]}',
    ],
)
def test_a_key_is_sent_once(api: Api, body: bytes) -> None:
    """S42: of two values under one key a reader before us could have counted the other."""
    headers = {**api.bearer, "content-type": "application/json"}
    assert code_of(api.web.post(PEOPLE, content=body, headers=headers)) == (400, "key_twice")


def test_a_field_that_nobody_asks_for_is_refused(api: Api) -> None:
    """S41: at a route; that every route's body says so is looked at below."""
    answer = api.post("/people", {**PERSON, "role": "administrator"})
    assert code_of(answer) == (422, "invalid_value")


def test_every_body_of_the_api_refuses_what_it_does_not_ask_for(office: Office) -> None:
    """S41: no route takes a field that its struct does not name."""
    bodies = {
        handler.parsed_fn_signature.parameters["data"].annotation
        for route in make_app(parts_of(office)).routes
        for handler in getattr(route, "route_handlers", ())
        if "data" in handler.parsed_fn_signature.parameters
    }
    assert len(bodies) > 8
    loose = [
        one.__name__
        for one in bodies
        if not (issubclass(one, msgspec.Struct) and one.__struct_config__.forbid_unknown_fields)
    ]
    assert loose == []


def test_over_tls_a_browser_comes_back_over_nothing_else(office: Office, ash: Caller) -> None:
    """S36: an error says so too; a node that speaks in the clear to its own machine does not."""
    with Api(office, is_tls=True) as tls, Api(office) as plain:
        for path in ("/live", "/nowhere", "/api/v1/me"):
            assert "max-age=31536000" in tls.web.get(path).headers["strict-transport-security"]
            assert "strict-transport-security" not in plain.web.get(path).headers


def test_another_host_is_refused(api: Api) -> None:
    answer = api.get("/me", headers={"host": "evil.example"})
    assert code_of(answer) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "localhost:8401", "127.0.0.1:8401", "[::1]:8401"])
def test_the_nodes_own_hosts_are_answered(api: Api, host: str) -> None:
    assert api.get("/me", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("bearer", ["Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense"])
def test_a_wrong_bearer_is_refused(api: Api, bearer: str) -> None:
    answer = api.get("/me", headers={"authorization": bearer})
    assert code_of(answer) == (401, "sign_in_needed")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_unused_for_long_is_refused(api: Api, office: Office) -> None:
    office.clock.pass_ms(IDLE_MS_MAX)
    assert code_of(api.get("/me")) == (401, "sign_in_needed")


def test_a_cookie_token_is_no_bearer_token(api: Api, office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "cookie")
    answer = api.get("/me", headers={"authorization": f"Bearer {token}"})
    assert code_of(answer) == (401, "sign_in_needed")


def test_a_cookie_belongs_to_one_node(api: Api, office: Office, ash: Caller) -> None:
    """Cookies ignore ports: two nodes on one machine must not read each other's."""
    own, other = (cookie_name(node_id(code), is_tls=False) for code in ("LEI", "BXI"))
    assert own != other
    token = office.sessions.begin(ash, "cookie")
    assert api.web.get("/api/v1/me", headers={"cookie": f"{own}={token}"}).status_code == 200
    answer = api.web.get("/api/v1/me", headers={"cookie": f"{other}={token}"})
    assert code_of(answer) == (401, "sign_in_needed")


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    cookie = session_cookie(cookie_name(node_id("LEI"), is_tls=True), "t")
    assert cookie.key.startswith("__Host-tc_")
    assert (cookie.httponly, cookie.samesite, cookie.secure) == (True, "strict", True)
    assert (cookie.path, cookie.domain) == ("/", None)
    plain = session_cookie(cookie_name(node_id("LEI"), is_tls=False), "t")
    assert not plain.secure


def test_a_change_by_cookie_needs_the_form_token(api: Api, office: Office, ash: Caller) -> None:
    headers, csrf = by_cookie(office, ash, api)
    assert code_of(api.web.post(PEOPLE, json=PERSON, headers=headers)) == (403, "form_token")
    wrong = {**headers, "x-csrf-token": form_token("another session")}
    assert code_of(api.web.post(PEOPLE, json=PERSON, headers=wrong)) == (403, "form_token")
    right = {**headers, "x-csrf-token": csrf}
    assert api.web.post(PEOPLE, json=PERSON, headers=right).status_code == 201


@pytest.mark.parametrize(
    "foreign",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"{HERE}:9"},
    ],
)
def test_a_change_sent_from_elsewhere_is_refused(
    api: Api, office: Office, ash: Caller, foreign: dict[str, str]
) -> None:
    headers, csrf = by_cookie(office, ash, api)
    headers = {**headers, "x-csrf-token": csrf, **foreign}
    assert code_of(api.web.post(PEOPLE, json=PERSON, headers=headers)) == (403, "foreign_request")


def test_nobody_is_signed_in_from_elsewhere(api: Api) -> None:
    body = {"user_name": "ash", "password": PASSWORD}
    answer = api.web.post("/api/v1/sign-in", json=body, headers={"sec-fetch-site": "cross-site"})
    assert code_of(answer) == (403, "foreign_request")


def test_a_closed_account_is_refused_at_once(api: Api, office: Office, ash: Caller) -> None:
    office.accounts.close_account(ash.staff)
    assert code_of(api.get("/me")) == (401, "sign_in_needed")


def test_guessing_is_answered_with_how_long_to_wait(api: Api, office: Office) -> None:
    """S19: and after ten failures with whom to ask."""
    assert code_of(api.sign_in(password="not the password")) == (401, "wrong_sign_in")
    answer = api.sign_in(password="not the password")
    assert code_of(answer) == (429, "locked_out")
    assert answer.headers["retry-after"] == "1"
    for _ in range(ATTEMPTS_MAX - 1):
        office.clock.pass_ms(WAIT_MS_MAX)
        assert code_of(api.sign_in(password="not the password")) == (401, "wrong_sign_in")
    office.clock.pass_ms(WAIT_MS_MAX)
    assert code_of(api.sign_in()) == (403, "account_locked")


def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for answer in (api.get("/me"), api.get("/nothing"), api.web.get("/live")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_every_route_needs_a_session_but_those_that_are_named(office: Office) -> None:
    public = {
        f"{method} {route.path}"
        for route in make_app(parts_of(office)).routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if handler.opt.get("public") and method != "OPTIONS"
    }
    assert public == {
        "GET /api/v1/openapi.json",
        "POST /api/v1/sign-in",
        "GET /live",
        "GET /ready",
    }


def test_what_we_did_not_foresee_tells_nothing_of_itself_nor_does_its_log_line(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from casework.desk import people

    def broken(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError("Robin Example")

    monkeypatch.setattr(people, "search", broken)
    answer = api.get("/people", q="robin")
    assert code_of(answer) == (500, "unforeseen")
    assert "Robin" not in answer.text
    logged = capsys.readouterr()
    assert "ZeroDivisionError" in logged.out
    assert "broken" in logged.out
    assert "robin" not in (logged.out + logged.err).lower()
