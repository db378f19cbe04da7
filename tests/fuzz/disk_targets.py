"""What a person or another program may have spoiled: files of an estate, and words in an address.

Whatever is in them, a command says what is wrong and what to do, and a page asks again.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from casework.desk.conflicts import ConflictId, conflict_id, read_conflict_id
from casework.web.forms import Choice, Field, Form, played_back, read_answers
from casework.web.limits import nesting_of
from server.settings import read_settings
from sync_protocol.causality import read_seen_token, seen_token
from sync_protocol.errors import Refused
from sync_protocol.io.key_ring import load_key
from sync_protocol.limits import NESTING_MAX
from tests import toys
from tests.fuzz.target import Target
from throughcare.children import PidFile, read_pid
from throughcare.clocks import read_shift
from throughcare.compose import read_environment
from throughcare.estate import Estate, EstateNode, Place, read_estate, write_estate
from throughcare.making import SIGN_INS_NAME, SignIn, read_sign_ins

NODE: Final = EstateNode(
    id=bytes(range(16)).hex(),
    name="The centre",
    place=Place("centre", "CENTRE"),
    url="http://127.0.0.1:8400",
    public_key=bytes(32).hex(),
    box_key=bytes(range(32)).hex(),
)
ESTATE: Final = Estate("An estate", NODE, (), recovery_key=bytes(32).hex(), purpose="test")
SIGN_IN: Final = SignIn("LEI", "ash", "three plain words", "Ash", "staff", bytes(16).hex())
DAY: Final = date(2026, 11, 22)
FORM: Final = Form(
    title="A form",
    fields=(
        Field(name="text", label="Text"),
        Field(name="long", label="Long", kind="long_text", is_required=False),
        Field(name="when", label="When", kind="date", is_past=True),
        Field(name="at", label="At", kind="time"),
        Field(name="one", label="One", kind="radios", choices=(Choice("a", "A"),)),
        Field(name="yes", label="Yes", kind="checkbox"),
        Field(name="secret", label="Secret", kind="password"),
    ),
)
TYPED: Final = {
    "text": "x",
    "long": "two\r\nlines",
    "when-day": "27",
    "when-month": "3",
    "when-year": "1986",
    "at": "09:30",
    "one": "a",
    "yes": "yes",
    "secret": "s",
}


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="throughcare-fuzz-"))


def _from_file(read: Callable[[Path], Any], name: str = "file") -> Callable[[bytes], bool]:
    """Reads the bytes as a file of this name; whatever is refused is refused in our words."""

    def attempt(raw: bytes) -> bool:
        file = _folder() / name
        file.unlink(missing_ok=True)
        file.write_bytes(raw)
        file.chmod(0o600)
        refused = None
        try:
            read(file)
        except Refused as fault:
            refused = fault
        assert refused is None or refused.hint in str(refused), "an error says what to do"
        return refused is None

    return attempt


def _read_and_write_estate(file: Path) -> None:
    estate = read_estate(file)
    again = file.with_name("again.json")
    write_estate(again, estate)
    assert read_estate(again) == estate


def _read_node_settings(file: Path) -> None:
    read_settings(
        {name: value for name, value in read_environment(file).items() if "THROUGHCARE" in name}
    )


def read_a_token(raw: bytes) -> bool:
    """What a reader was shown, as it comes in a query."""
    token = raw.decode("utf-8", "surrogateescape")
    try:
        seen = read_seen_token(token)
    except Refused:
        return False
    assert seen_token(seen) == token
    return True


def read_a_conflict(raw: bytes) -> bool:
    """The name of a conflict, as it comes in an address."""
    name = ConflictId(raw.decode("utf-8", "surrogateescape"))
    try:
        key, field = read_conflict_id(name)
    except Refused:
        return False
    assert read_conflict_id(conflict_id(key, field)) == (key, field)
    return True


def read_a_form(raw: bytes) -> bool:
    """The answers to a form of every kind of question: none makes it raise."""
    try:
        typed = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    if not isinstance(typed, dict) or not all(isinstance(one, str) for one in typed.values()):
        return False
    answers = read_answers(FORM, typed, DAY)
    played_back(FORM, answers.values)
    return not answers.faults


def count_nesting(raw: bytes) -> bool:
    """A body that counts as shallow can be parsed by whoever comes next without falling."""
    if nesting_of(raw) > NESTING_MAX:
        return False
    try:
        json.loads(raw)
        msgspec.json.decode(raw)
    except (ValueError, msgspec.MsgspecError):
        return False
    return True


def _lines() -> Sequence[bytes]:
    """A settings file whose files are there, and one whose are not."""
    own = _folder() / "CENTRE"
    own.mkdir(exist_ok=True)
    for name in ("estate.json", "store.key", "signing.key", "box.key"):
        (own / name).touch()
    there = f"THROUGHCARE_ESTATE={own}/estate.json\nTHROUGHCARE_FOLDER={own}\n"
    return [
        f"{there}THROUGHCARE_PORT=8400\nTHROUGHCARE_HOSTS=a, b\n".encode(),
        b"THROUGHCARE_ESTATE=/none\nTHROUGHCARE_PORT=8400\n# said\nTHROUGHCARE_CLOCK_SHIFT=3d\n",
    ]


def _json_of(*values: Any) -> Callable[[], Sequence[bytes]]:
    return lambda: [msgspec.json.encode(one) for one in values]


def _tokens() -> Sequence[bytes]:
    return [seen_token(map(toys.op_id, range(count))).encode() for count in (0, 1, 5)]


def _conflicts() -> Sequence[bytes]:
    return [
        conflict_id(toys.PARCEL_KEY, "label").encode(),
        conflict_id(toys.GRUDGE_KEY, "é").encode(),
    ]


DISK: Final = (
    Target("estate_file", _json_of(ESTATE), _from_file(_read_and_write_estate)),
    Target("settings_file", _lines, _from_file(_read_node_settings)),
    Target("clock_shift", _lines, _from_file(read_shift)),
    Target("key_file", lambda: [bytes(32)], _from_file(load_key)),
    Target(
        "sign_ins",
        _json_of((SIGN_IN,)),
        _from_file(lambda file: read_sign_ins(file.parent), SIGN_INS_NAME),
    ),
    Target("pid_file", _json_of(PidFile(1, 1)), _from_file(read_pid)),
    Target("seen_token", _tokens, read_a_token),
    Target("conflict_name", _conflicts, read_a_conflict),
    Target("form", _json_of(TYPED), read_a_form),
    Target("nesting", _json_of(TYPED, [[[1, "[["]]]), count_nesting),
)
