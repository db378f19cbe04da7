"""Toy records that cover all eight policies, and real ops about them, for tests of the engine.

The engine knows no prison; neither do these. Everything is a function of small numbers, so that a
failing test reads the same on every machine.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from sync_protocol.clock import hlc_bytes, pack_hlc
from sync_protocol.ids import (
    ActorId,
    ChangeSetId,
    IncarnationId,
    LifeId,
    NodeId,
    OpId,
    RecordId,
    SubjectId,
    singleton_record,
)
from sync_protocol.limits import OP_VERSION
from sync_protocol.merge import RecordKey
from sync_protocol.op import Body, ChangeSet, Header, Op, OpBytes, encode_body, encode_op, read_op
from sync_protocol.policy import (
    AskAPerson,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    LaterDate,
    Latest,
    Levels,
    OpenClose,
    Rule,
    TrueOutranks,
    WholeVersion,
)
from sync_protocol.schema import Record, Registry, build_registry

DEPOT: Final = frozenset({"depot"})
SHOP: Final = frozenset({"shop"})
ANYONE: Final = DEPOT | SHOP

HAZARDS: Final = ("none", "some", "grave")
STAGES: Final = ("packed", "sent", "arrived")
PAIRS: Final = ((None, "packed"), ("packed", "sent"), ("sent", "arrived"))

MORNING_MS: Final = 1_700_000_000_000


class Parcel(Record, kind="parcel", searchable=("label",)):
    """One thing in the post; each field merges in its own way."""

    label: Annotated[str, Rule(Fixed(), writers=ANYONE, cls="P1")]
    colour: Annotated[
        str | None, Rule(Latest(), writers=ANYONE, cls="P1", why="Colour decides nothing.")
    ]
    hazard: Annotated[
        Literal["none", "some", "grave"] | None,
        Rule(Highest(Levels(HAZARDS)), writers=ANYONE, cls="P2", severity="S1"),
    ]
    keep_until: Annotated[str | None, Rule(Highest(LaterDate()), writers=DEPOT, cls="P1")]
    is_fragile: Annotated[bool | None, Rule(Highest(TrueOutranks()), writers=ANYONE, cls="P1")]
    status: Annotated[Literal["open", "closed"] | None, Rule(OpenClose(), writers=ANYONE, cls="P1")]
    keeper: Annotated[
        dict[str, str] | None, Rule(AskAPerson(effective="starts_on"), writers=DEPOT, cls="P1")
    ]
    place: Annotated[str | None, Rule(AskAPerson(), writers=ANYONE, cls="P1")]
    remarks: Annotated[str | None, Rule(Gather(), writers=ANYONE, cls="P1")]
    stage: Annotated[
        dict[str, str | None] | None, Rule(ForwardMost(STAGES, PAIRS), writers=ANYONE, cls="P1")
    ]
    plan: Annotated[dict[str, Any] | None, Rule(WholeVersion(), writers=DEPOT, cls="P2")]


class Grudge(Record, kind="grudge", pair=True, anywhere=True):
    """Two subjects that must be kept apart."""

    reason: Annotated[str | None, Rule(Gather(), writers=ANYONE, cls="P1")]
    status: Annotated[Literal["open", "closed"] | None, Rule(OpenClose(), writers=ANYONE, cls="P1")]


class Shelf(Record, kind="shelf", singleton=True, version=2, later=True):
    """The one place where a subject is now."""

    row: Annotated[int | None, Rule(Latest(), writers=DEPOT, cls="P1", why="The next look wins.")]


class Secret(Record, kind="secret", file="restricted", anywhere=True):
    """What few may see."""

    text: Annotated[str, Rule(Fixed(), writers=DEPOT, cls="P3")]


class Remark(Record, kind="remark", later=True):
    """What somebody noted; there are many to a subject."""

    text: Annotated[str | None, Rule(Gather(), writers=ANYONE, cls="P1")]


REGISTRY: Final[Registry] = build_registry((Parcel, Grudge, Shelf, Secret, Remark))


def id_of(*what: object) -> bytes:
    """Sixteen bytes that stand for `what`."""
    return sha256(repr(what).encode()).digest()[:16]


def node(number: int) -> NodeId:
    """A node's id."""
    return NodeId(id_of("node", number))


def life(number: int) -> LifeId:
    """A life's id."""
    return LifeId(id_of("life", number))


def incarnation(number: int) -> IncarnationId:
    """An incarnation's id."""
    return IncarnationId(id_of("incarnation", number))


def subject(number: int) -> SubjectId:
    """A subject's id."""
    return SubjectId(id_of("subject", number))


def record(number: int) -> RecordId:
    """A record's id."""
    return RecordId(id_of("record", number))


def actor(number: int) -> ActorId:
    """An actor's id."""
    return ActorId(id_of("actor", number))


def op_id(number: int) -> OpId:
    """The id of an op that need not exist."""
    return OpId(id_of("op", number))


PARCEL_KEY: Final = RecordKey("parcel", (subject(1),), record(1))
GRUDGE_KEY: Final = RecordKey("grudge", (subject(1), subject(2)), record(2))
SHELF_KEY: Final = RecordKey("shelf", (subject(1),), singleton_record(subject(1), "shelf"))


def header(seq: int, key: RecordKey = PARCEL_KEY, **parts: Any) -> Header:
    """The header of op `seq`, written a second after the one before; `parts` stand in for parts."""
    usual: dict[str, Any] = {
        "v": OP_VERSION,
        "kind": key.kind,
        "kind_version": 1,
        "subjects": key.subjects,
        "record": key.record,
        "node": node(1),
        "life": life(1),
        "seq": seq,
        "hlc": hlc_bytes(pack_hlc(MORNING_MS + seq * 1000, 0)),
        "actor": actor(1),
        "device": "till-1",
        "author_signature": b"",
        "replaces": {},
        "refs": (),
        "change_set": None,
        "body_hash": b"",
    }
    return Header(**usual | parts)


def raw_op(
    seq: int,
    values: Mapping[str, Any],
    key: RecordKey = PARCEL_KEY,
    *,
    happened_at: int | None = None,
    **parts: Any,
) -> OpBytes:
    """The bytes of an op, as an author makes them."""
    happened = MORNING_MS + seq * 1000 if happened_at is None else happened_at
    salt = sha256(b"salt %d" % seq).digest()[:8]
    body = encode_body(Body(salt, happened, dict(values)))
    return encode_op(header(seq, key, **parts | {"body_hash": sha256(body).digest()}), body)


def op(
    seq: int,
    values: Mapping[str, Any],
    replaces: Mapping[str, Iterable[OpId]] | None = None,
    key: RecordKey = PARCEL_KEY,
    **parts: Any,
) -> Op:
    """An op as every node reads it."""
    named = {field: tuple(ids) for field, ids in (replaces or {}).items()}
    return read_op(raw_op(seq, values, key, replaces=named, **parts))


def change_set(number: int, index: int, count: int) -> ChangeSet:
    """The place of an op in a change set."""
    return ChangeSet(ChangeSetId(id_of("set", number)), index, count)


def redacted(one: Op) -> Op:
    """The same op after its body was destroyed."""
    assert one.raw.body is not None
    return read_op(OpBytes(one.raw.opening, None, sha256(one.raw.body).digest()))
