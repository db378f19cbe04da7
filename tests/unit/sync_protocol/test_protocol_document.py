"""PROTOCOL.md says what the code says: limits, messages, states, and who cites which heading."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from sync_protocol import limits
from sync_protocol.cursor import Cursor
from sync_protocol.departure import (
    Departure,
    Elsewhere,
    Escrowed,
    KeyBack,
    Permit,
    Receipt,
    Receipted,
    SealedBody,
)
from sync_protocol.keys import KeyChange
from sync_protocol.lease import Lease
from sync_protocol.messages import Entry, Fault, Hello, Mark, OwnRange, Reply
from sync_protocol.op import Body, Header
from sync_protocol.policy import AnyPolicy
from sync_protocol.scope import Flag, ScopeStep
from sync_protocol.seal import Follows, Lost, Run, ScopeEpoch, Segment
from sync_protocol.session import HUB_TABLE, SPOKE_TABLE
from sync_protocol.snapshot import Dangling, Part, Place, Snapshot, Stands, Want

pytestmark = pytest.mark.docs

CORE = Path(__file__).resolve().parents[3] / "sync_protocol"
PAGE = CORE / "PROTOCOL.md"
TABLES = re.compile(
    r"(<!-- tables of session.py:[^\n]*-->\n).*?(<!-- end of tables -->)", re.DOTALL
)
CITED = re.compile(r"PROTOCOL\.md, ([A-Z][^.:;\n()]*)")


def _page() -> str:
    return PAGE.read_text("utf-8")


def _section(heading: str) -> str:
    return _page().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _table_names(text: str) -> list[str]:
    """The names in the first column of a table, in order."""
    rows = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)", row)]


def _of_table(name: str, heading: str) -> list[str]:
    """The fields in the table under a bold name."""
    return _table_names(_section(heading).partition(f"**{name}**\n")[2].partition("\n**")[0])


def test_the_table_of_limits_is_the_limits() -> None:
    """INV-14: a limit that is not named, or named otherwise than it is, is no limit."""
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", _section("Limits"), re.MULTILINE))
    named = {name: str(value) for name, value in vars(limits).items() if name.isupper()}
    assert told == named


@pytest.mark.parametrize(("name", "struct"), [("Hello", Hello), ("Cursor", Cursor)])
def test_a_message_is_described_field_by_field(name: str, struct: type[msgspec.Struct]) -> None:
    assert _of_table(name, "Exchange") == list(struct.__struct_fields__)


def test_a_reply_is_described_field_by_field() -> None:
    told = _of_table("Reply", "Exchange")
    fields = list(Reply.__struct_fields__)
    assert told[: len(fields)] == fields


@pytest.mark.parametrize(
    "struct",
    [
        *(Mark, OwnRange, ScopeStep, Entry, Fault, Follows, ScopeEpoch, Segment, Lost, Run),
        *(Snapshot, Stands, Dangling, Place, Want),
        *(Departure, Permit, Receipt, Receipted, KeyBack, SealedBody, Escrowed, Elsewhere),
        *(Lease, KeyChange),
    ],
)
def test_a_small_struct_is_described_in_a_row(struct: type[msgspec.Struct]) -> None:
    row = re.search(rf"^\| `{struct.__name__}` \| (.*) \|$", _page(), re.MULTILINE)
    assert row is not None
    assert re.findall(r"`(\w+)`", row[1]) == list(struct.__struct_fields__)


def test_header_and_body_are_described_in_order() -> None:
    told = _table_names(_section("The op"))
    assert told == [*Header.__struct_fields__, *Body.__struct_fields__]


def test_every_policy_and_every_flag_has_its_row() -> None:
    policies = {policy.__name__ for policy in get_args(AnyPolicy)}
    assert policies == set(_table_names(_section("Policies")))
    flags = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", _section("Verdicts"), re.MULTILINE))
    assert flags == {name: str(bit) for name, bit in vars(Flag).items() if name.isupper() and bit}


def test_every_part_of_an_arrival_has_its_row() -> None:
    parts = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", _section("Snapshots"), re.MULTILINE))
    assert parts == {part.name: str(int(part)) for part in Part}


def test_every_reason_to_ask_a_person_is_told() -> None:
    source = (CORE / "policy.py").read_text("utf-8")
    reasons = set(
        re.findall(r'"(two_\w+|\w+_differ|close_\w+|contested|diverged|illegal_\w+)"', source)
    )
    assert reasons
    assert reasons <= set(re.findall(r"`(\w+)`", _section("Policies")))


def test_the_session_tables_are_those_of_the_machines(*, rewrite: bool) -> None:
    """Run with --rewrite to write them anew."""
    written = TABLES.sub(lambda found: found[1] + _session_tables() + found[2], _page())
    if rewrite:
        PAGE.write_text(written, "utf-8")
    assert _page() == written


def test_every_heading_that_the_code_names_is_there() -> None:
    headings = re.findall(r"^## (.+)$", _page(), re.MULTILINE)
    for path in CORE.rglob("*.py"):
        for cited in CITED.findall(path.read_text("utf-8")):
            named = re.split(r", | and ", cited)[0].strip()
            assert any(named.lower() in one.lower() for one in [*headings, "standing"]), (
                path,
                named,
            )


def test_every_heading_is_in_the_contents() -> None:
    headings = re.findall(r"^## (.+)$", _page(), re.MULTILINE)
    contents = re.findall(r"\[([^]]+)\]\(#", _page().partition("\n## ")[0])
    assert contents == headings


def _session_tables() -> str:
    spoke = _session_table("a spoke's state", SPOKE_TABLE)
    return f"\n{spoke}\n{_session_table('the hub, for one request', HUB_TABLE)}\n"


def _session_table(title: str, table: Any) -> str:
    lines = [f"| {title} | what comes | what is done |", "|---|---|---|"]
    for (state, came), method in table.items():
        done = (method.__doc__ or "").strip().splitlines()[0].rstrip(".")
        lines.append(f"| {state.value} | `{came.__name__}` | {done} |")
    return "\n".join(lines) + "\n"
