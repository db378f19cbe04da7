"""The settings of signing in without a password: nothing unless set, and every fault told."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from casework.desk.settings import LOOPBACK, PREFIX, BadSettings, SettingsReader
from casework.desk.sign_in_settings import USUAL_NAME, SignInSettings, read_sign_in

HOSTS = LOOPBACK | {"leeds.prison.example", "10.1.2.3"}
ORIGIN = "https://leeds.prison.example"
SERVICE = {"OIDC_ISSUER": "https://login.justice.example/one", "OIDC_CLIENT_ID": "leeds"}


def read(given: Mapping[str, str]) -> SignInSettings:
    """What is set, or BadSettings."""
    reader = SettingsReader({PREFIX + name: value for name, value in given.items()})
    settings = read_sign_in(reader, HOSTS)
    reader.close()
    return settings


def test_nothing_is_offered_unless_it_is_set() -> None:
    assert read({}) == SignInSettings()


def test_all_of_it_can_be_set(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("agreed")
    secret.chmod(0o600)
    settings = read(
        {"ORIGIN": ORIGIN, "PASSKEYS": "yes", "OIDC_SECRET_FILE": str(secret)} | SERVICE
    )
    assert (settings.host, settings.has_passkeys) == ("leeds.prison.example", True)
    assert settings.return_to == f"{ORIGIN}/sign-in/online/return"
    assert settings.online is not None
    assert (settings.online.registered_as, settings.online.name) == ("leeds", USUAL_NAME)
    assert settings.online.secret_file == secret


def test_on_this_machine_alone_it_may_be_plain() -> None:
    assert read({"ORIGIN": "http://localhost:8000", "PASSKEYS": "yes"}).host == "localhost"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"PASSKEYS": "yes"}, "ORIGIN is required"),
        (SERVICE, "ORIGIN is required"),
        ({"PASSKEYS": "on"}, "PASSKEYS must be yes or no"),
        ({"ORIGIN": "http://leeds.prison.example"}, "ORIGIN must be https"),
        ({"ORIGIN": f"{ORIGIN}/"}, "ORIGIN must be https"),
        ({"ORIGIN": f"{ORIGIN}:port"}, "ORIGIN must be https"),
        ({"ORIGIN": "https://user@leeds.prison.example"}, "ORIGIN must be https"),
        ({"ORIGIN": "https://brixton.prison.example"}, "which THROUGHCARE_HOSTS does not"),
        ({"ORIGIN": "https://10.1.2.3", "PASSKEYS": "yes"}, "must name a host by letters"),
        ({"OIDC_CLIENT_ID": "leeds"}, "OIDC_CLIENT_ID is set without"),
        ({"ORIGIN": ORIGIN, "OIDC_ISSUER": "https://a.example"}, "OIDC_CLIENT_ID is required"),
        (SERVICE | {"ORIGIN": ORIGIN, "OIDC_ISSUER": "http://a.example"}, "OIDC_ISSUER must be"),
        (SERVICE | {"ORIGIN": ORIGIN, "OIDC_ISSUER": "https://[a"}, "OIDC_ISSUER must be"),
        ({"ORIGIN": "https://[a"}, "ORIGIN must be https"),
        (SERVICE | {"ORIGIN": ORIGIN, "OIDC_CA_FILE": "nowhere.pem"}, "OIDC_CA_FILE names"),
    ],
)
def test_every_fault_says_what_to_correct(given: dict[str, str], fault: str) -> None:
    with pytest.raises(BadSettings, match=fault):
        read(given)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """S53: and the fault does not tell it."""
    secret = tmp_path / "secret"
    secret.write_text("agreed-long-ago")
    secret.chmod(0o644)
    with pytest.raises(BadSettings, match="can be read by others") as refused:
        read(SERVICE | {"ORIGIN": ORIGIN, "OIDC_SECRET_FILE": str(secret)})
    assert "agreed-long-ago" not in str(refused.value)
