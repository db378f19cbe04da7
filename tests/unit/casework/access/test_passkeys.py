"""Passkeys: what is taken for one, and everything that is not."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from casework.access.caller import Caller
from casework.access.challenges import ASKED_MS_MAX
from casework.access.passkeys import ANSWER_CHARACTERS_MAX, PASSKEYS_MAX, Passkeys, RelyingPlace
from casework.access.proofs import PasskeyCopied, PasskeyRefused, WrongPasskey
from sync_protocol.errors import NotFound
from tests.authenticator import PRESENT, Authenticator
from tests.desks import Office, Offices

pytestmark = pytest.mark.unhurried

PLACE = RelyingPlace("localhost", "http://localhost:8000", "Throughcare, Leeds")


class Held:
    """The passkeys of an office, and Ash who works there."""

    def __init__(self, office: Office) -> None:
        """Nobody has one yet."""
        self.office = office
        self.ash: Caller = office.hire("ash")
        self.birch: Caller = office.hire("birch")
        now_ms, chance = office.clock.now_ms, office.desk.chance
        self.passkeys = Passkeys(office.store, now_ms, chance, PLACE)

    def add(self, device: Authenticator, caller: Caller | None = None, form: str = "none") -> None:
        """Make a passkey on this device."""
        who = caller or self.ash
        options = self.passkeys.invite(who.staff, "ash", "Ash")
        self.passkeys.register(who.staff, "my phone", device.create(options, form))

    def sign_in(self, device: Authenticator, **said: Any) -> bytes:
        """Whose the device is."""
        return self.passkeys.proved(device.get(self.passkeys.ask(), **said))


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    office = Offices(tmp_path).open("LEI")
    yield Held(office)
    office.store.close()


@pytest.mark.parametrize("form", ["none", "packed"])
def test_a_passkey_tells_whose_it_is(held: Held, form: str) -> None:
    device = Authenticator()
    held.add(device, form=form)
    assert held.sign_in(device) == held.ash.staff
    (own,) = held.passkeys.of(held.ash.staff)
    assert (own.name, own.is_stopped) == ("my phone", False)


def test_the_browser_is_asked_for_a_verified_user_and_told_of_nobody(held: Held) -> None:
    """The page of signing in names no account."""
    held.add(Authenticator())
    asked = json.loads(held.passkeys.ask())
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "localhost"
    assert not asked.get("allowCredentials")
    made = json.loads(held.passkeys.invite(held.ash.staff, "ash", "Ash"))
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert len(made["excludeCredentials"]) == 1


def test_a_count_that_goes_back_is_refused_and_stops_the_passkey(held: Held) -> None:
    """S6: of two that are the same, neither opens anything from then on."""
    device = Authenticator()
    held.add(device)
    held.sign_in(device)
    device.count = 0
    with pytest.raises(PasskeyCopied) as refused:
        held.sign_in(device)
    assert refused.value.staff == held.ash.staff
    device.count = 90
    with pytest.raises(PasskeyCopied):
        held.sign_in(device)
    assert held.passkeys.of(held.ash.staff)[0].is_stopped


def test_a_device_that_counts_nothing_signs_in_again_and_again(held: Held) -> None:
    device = Authenticator()
    device.count = 0
    held.add(device)
    for _ in range(2):
        device.count = -1
        assert held.sign_in(device) == held.ash.staff


def test_an_answer_counts_once_and_soon(held: Held) -> None:
    """S6: what was recorded of a sign-in opens nothing later."""
    device = Authenticator()
    device.count = -1
    held.add(_never_counting(device))
    answer = device.get(held.passkeys.ask())
    assert held.passkeys.proved(answer) == held.ash.staff
    with pytest.raises(WrongPasskey):
        held.passkeys.proved(answer)
    late = device.get(held.passkeys.ask())
    held.office.clock.pass_ms(ASKED_MS_MAX + 1)
    with pytest.raises(WrongPasskey):
        held.passkeys.proved(late)


def _never_counting(device: Authenticator) -> Authenticator:
    device.count = 0
    return device


def test_a_challenge_for_one_purpose_answers_no_other(held: Held) -> None:
    device = Authenticator()
    held.add(device)
    invited = held.passkeys.invite(held.ash.staff, "ash", "Ash")
    with pytest.raises(WrongPasskey):
        held.passkeys.proved(device.get(invited))
    other = Authenticator().create(invited)
    with pytest.raises(PasskeyRefused):
        held.passkeys.register(held.birch.staff, "x", other)


def _unverified(device: Authenticator) -> dict[str, Any]:
    device.flags = PRESENT
    return {}


def _other_host(device: Authenticator) -> dict[str, Any]:
    device.host = "elsewhere.example"
    return {}


def _other_key(device: Authenticator) -> dict[str, Any]:
    device.signing = Authenticator().key
    return {}


def _unknown(device: Authenticator) -> dict[str, Any]:
    device.credential = b"another"
    return {}


def _other_owner(device: Authenticator) -> dict[str, Any]:
    device.owner = b"birch".ljust(16, b".")
    return {}


WRONG: Mapping[str, Callable[[Authenticator], dict[str, Any]]] = {
    "user not verified": _unverified,
    "another host": _other_host,
    "another key": _other_key,
    "unknown": _unknown,
    "another's": _other_owner,
    "another origin": lambda _device: {"origin": "http://localhost:8001"},
    "made, not shown": lambda _device: {"type": "webauthn.create"},
    "a challenge of its own": lambda _device: {"challenge": "AAAA"},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_prove_it_is_refused(held: Held, name: str) -> None:
    """S5, S35: another site, host, key or owner, or a device that did not ask who is there."""
    device = Authenticator()
    held.add(device)
    said = WRONG[name](device)
    with pytest.raises(WrongPasskey):
        held.sign_in(device, **said)
    assert held.passkeys.of(held.ash.staff)[0].is_stopped is False


@pytest.mark.parametrize(
    ("wrong", "form"),
    [(_unverified, "none"), (_other_host, "none"), (_other_host, "packed")],
)
def test_a_device_that_is_not_as_asked_is_not_added(held: Held, wrong: Any, form: str) -> None:
    device = Authenticator()
    wrong(device)
    with pytest.raises(PasskeyRefused):
        held.add(device, form=form)
    assert held.passkeys.of(held.ash.staff) == []


def test_an_attestation_of_another_sort_is_not_read(held: Held) -> None:
    with pytest.raises(PasskeyRefused):
        held.add(Authenticator(), form="tpm")


def test_a_forged_packed_attestation_is_refused(held: Held) -> None:
    device = Authenticator()
    other = Authenticator()
    device.signing = other.key
    with pytest.raises(PasskeyRefused):
        held.add(device, form="packed")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "null",
        '{"id": 1}',
        '{"id": "é", "response": {"clientDataJSON": "é"}}',
        "[" * 20_000,
        "x" * (ANSWER_CHARACTERS_MAX + 1),
        '{"id": "AA", "response": {"clientDataJSON": "e30"}}',
    ],
)
def test_what_is_no_answer_is_refused(held: Held, answer: str) -> None:
    """S33: whatever is sent."""
    with pytest.raises(WrongPasskey):
        held.passkeys.proved(answer)
    with pytest.raises(PasskeyRefused):
        held.passkeys.register(held.ash.staff, "x", answer)


def test_a_passkey_is_known_once_and_there_are_few(held: Held) -> None:
    device = Authenticator()
    held.add(device)
    with pytest.raises(PasskeyRefused):
        held.add(device, held.birch)
    for _ in range(PASSKEYS_MAX - 1):
        held.add(Authenticator())
    with pytest.raises(PasskeyRefused):
        held.add(Authenticator())


def test_a_passkey_that_was_removed_opens_nothing(held: Held) -> None:
    device = Authenticator()
    held.add(device)
    (own,) = held.passkeys.of(held.ash.staff)
    with pytest.raises(NotFound):
        held.passkeys.remove(held.birch.staff, own.id)
    held.passkeys.remove(held.ash.staff, own.id)
    with pytest.raises(WrongPasskey):
        held.sign_in(device)
