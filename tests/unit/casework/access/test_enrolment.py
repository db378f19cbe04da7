"""S1, S2: the code, what it pins, and the six words."""

import random
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from casework.access import six_words
from casework.access.enrolment import (
    BadCode,
    BadInvitation,
    Invitation,
    code_digest,
    new_code,
    read_code,
    read_invitation,
    seal_invitation,
    spoken,
)
from casework.access.six_words import is_said, words_of
from tests.desks import NOON_MS, node_id

CODE = new_code(random.Random(1).randbytes)
INVITATION = seal_invitation(
    Invitation(
        node=node_id("LEI"),
        place_kind="prison",
        place_code="LEI",
        name="Leeds (HMP)",
        hub=node_id("CENTRE"),
        hub_url="https://centre.example:8400",
        hub_key=b"k" * 32,
        hub_box_key=b"b" * 32,
        recovery_key=b"r" * 32,
        authority_pem="-----BEGIN CERTIFICATE-----",
        expires_ms=NOON_MS,
    ),
    CODE,
)
LIST_DIGEST = "803e3adab4e3998d8694702acd97f0e0d6846c8c656ed14b93e95dac6d7a0600"


def test_a_code_is_26_signs_that_nobody_mistakes() -> None:
    """S1: 128 bits, and none of the signs that look like another."""
    assert len(CODE) == 26
    assert not set(CODE) & set("ILOU")
    assert new_code(random.Random(2).randbytes) != CODE


def test_a_code_is_read_however_it_is_typed() -> None:
    for typed in (CODE, CODE.lower(), spoken(CODE), f" {spoken(CODE).replace('-', ' ')} "):
        assert read_code(typed) == CODE
    assert read_code(CODE.replace("0", "O").replace("1", "l")) == CODE


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE + "0", "U" + CODE[1:], "é" + CODE[1:]])
def test_what_is_no_code_is_refused_and_is_not_said_again(typed: str) -> None:
    """S1: what was typed wrong may be a code but for one sign, so no message repeats it."""
    with pytest.raises(BadCode) as refused:
        read_code(typed)
    assert CODE[1:-1] not in str(refused.value)


def test_most_slips_are_seen_before_anything_is_sent() -> None:
    """Two bits check the rest: three slips of four are seen at once, the others at the centre."""
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    slips = [CODE[:at] + sign + CODE[at + 1 :] for at in range(25) for sign in signs]
    seen = sum(_is_seen(slip) for slip in slips if slip != CODE)
    assert seen / len(slips) > 0.65


def test_the_digest_finds_a_code_and_tells_nothing_of_it() -> None:
    assert code_digest(CODE) == code_digest(read_code(spoken(CODE)))
    assert CODE.encode() not in code_digest(CODE)


def test_an_invitation_is_believed_with_its_code() -> None:
    assert read_invitation(msgspec.json.encode(INVITATION), CODE) == INVITATION


@pytest.mark.parametrize(
    "changed",
    [
        {"authority_pem": "-----BEGIN CERTIFICATE----- of another"},
        {"hub_key": b"x" * 32},
        {"hub_url": "https://elsewhere.example:8400"},
        {"node": node_id("BXI")},
        {"recovery_key": b"x" * 32},
        {"seal": b""},
    ],
)
def test_an_invitation_of_another_centre_is_refused(changed: dict[str, Any]) -> None:
    """S2: another authority or key is another seal, before a byte is sent to anybody."""
    other = msgspec.structs.replace(INVITATION, **changed)
    with pytest.raises(BadInvitation):
        read_invitation(msgspec.json.encode(other), CODE)


def test_an_invitation_is_refused_with_another_code() -> None:
    """S2: whoever has no code can seal nothing that a node believes."""
    other = new_code(random.Random(2).randbytes)
    with pytest.raises(BadInvitation):
        read_invitation(msgspec.json.encode(INVITATION), other)
    with pytest.raises(BadInvitation):
        read_invitation(b"{", CODE)


def test_the_words_are_those_of_a_list_that_never_changes() -> None:
    words = [words_of(bytes([byte]) * 6)[0] for byte in range(256)]
    assert len(set(words)) == 256
    assert all(word.isalpha() and word.islower() and len(word) <= 8 for word in words)
    assert sha256(" ".join(words).encode()).hexdigest() == LIST_DIGEST
    assert six_words.WORDS_SAID == 6


def test_six_words_are_said_in_any_case_and_in_their_order() -> None:
    """S3: one word less, or two exchanged, are other words."""
    digest = sha256(b"both ends").digest()
    words = words_of(digest)
    assert is_said(" ".join(words), digest)
    assert is_said(f"  {'-'.join(words).upper()} ", digest)
    assert not is_said(" ".join(words[:-1]), digest)
    assert not is_said(" ".join((*words, words[0])), digest)
    assert not is_said(" ".join(reversed(words)), digest)


def _is_seen(slip: str) -> bool:
    try:
        read_code(slip)
    except BadCode:
        return True
    return False
