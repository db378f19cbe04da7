"""A node put together from settings that offer a passkey and an online sign-in, and from none."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest
from litestar.testing import TestClient

from casework.access.proofs import ProviderDown
from casework.desk.sign_in_settings import OnlineSettings, SignInSettings
from throughcare.clocks import read_lines
from throughcare.compose import build_edge
from throughcare.estate import folder_of
from throughcare.making import PLACES_USUAL, make_estate, write_settings
from throughcare.ways import BadSecret, HttpAsk, online_from

pytestmark = pytest.mark.slow
WAYS = {
    "THROUGHCARE_ORIGIN": "http://localhost:8000",
    "THROUGHCARE_PASSKEYS": "yes",
    "THROUGHCARE_OIDC_ISSUER": "http://127.0.0.1:9",
    "THROUGHCARE_OIDC_CLIENT_ID": "leeds",
}


def signing_in(folder: Path, more: Mapping[str, str]) -> tuple[str, int]:
    """The page of signing in at Leeds, and what comes of going to the service."""
    estate = make_estate(folder, PLACES_USUAL, 20_000)
    write_settings(folder, estate)
    lines = read_lines(folder_of(folder, estate.node("LEI")).settings)
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    given = {name.strip(): value.strip() for name, _, value in pairs}
    built = build_edge({**given, **more})
    try:
        with TestClient(built.app, base_url="http://127.0.0.1") as http:
            sent = http.post("/sign-in/online", data={"next": ""})
            return http.get("/sign-in").text, sent.status_code
    finally:
        built.store.close()
        os.close(built.holding)


def test_what_is_set_is_offered_and_a_service_that_is_down_stops_nobody(tmp_path: Path) -> None:
    page, status = signing_in(tmp_path, WAYS)
    assert "data-passkey" in page
    assert "/sign-in/online" in page
    assert status == 503


def test_a_demonstration_is_as_it_was(tmp_path: Path) -> None:
    page, status = signing_in(tmp_path, {})
    assert "data-passkey" not in page
    assert "/sign-in/online" not in page
    assert status == 404


def test_nobody_answers_where_nobody_listens() -> None:
    with pytest.raises(ProviderDown):
        HttpAsk(ssl.create_default_context()).read("http://127.0.0.1:9/x")


def test_a_secret_that_is_none_is_refused(tmp_path: Path) -> None:
    """S53: the fault names the file, never what is in it."""
    file = tmp_path / "secret"
    file.write_text("two words")
    online = OnlineSettings(
        issuer="https://a.example",
        name="a",
        registered_as="leeds",
        secret_file=file,
        authorities_file=None,
    )
    with pytest.raises(BadSecret) as refused:
        online_from(SignInSettings(origin="https://b.example", online=online), None)  # type: ignore[arg-type]
    assert "two words" not in str(refused.value)
