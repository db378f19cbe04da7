"""The messages of an exchange: one request and one reply, each complete in itself.

Implements PROTOCOL.md, Exchange. Every request carries all that the hub needs, so any hub instance
can answer. Fields are only ever appended, with a default, so that the release before reads on.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from sync_protocol.clock import Hlc
from sync_protocol.cursor import Cursor
from sync_protocol.departure import (
    Departure,
    Elsewhere,
    Escrowed,
    KeyBack,
    Permit,
    Receipt,
    Receipted,
)
from sync_protocol.ids import (
    A_COUNT,
    A_HASH,
    A_MOMENT,
    A_WORD,
    AN_ID,
    ID_BYTES,
    IncarnationId,
    LifeId,
    OpId,
    SubjectId,
)
from sync_protocol.lease import Lease
from sync_protocol.limits import (
    DEPARTURES_MAX,
    ELSEWHERE_MAX,
    NOTICES_MAX,
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_OLDEST,
    RECEIPTS_MAX,
    REPAIR_FRAME_BYTES_MAX,
    REPAIR_LOOKS_MAX,
    REPAIR_WANTED_MAX,
    REPLY_OPS_MAX,
    WANTS_MAX,
)
from sync_protocol.op import OpBytes
from sync_protocol.scope import ScopeStep
from sync_protocol.seal import A_SIGNATURE, Run
from sync_protocol.snapshot import Snapshot, Want

IDS_HASH_BYTES: Final = 16
LISTED_BYTES: Final = 25
"""What a manifest lists of each entry: id, number, flags."""
FLAGS: Final = msgspec.Meta(ge=0, le=255)
A_CLOCK: Final = msgspec.Meta(ge=0, le=(1 << 63) - 1)
A_DETAIL: Final = msgspec.Meta(max_length=64 * 1024)
A_SUBJECT_OR_NONE: Final = msgspec.Meta(max_length=ID_BYTES)
A_FRAME: Final = msgspec.Meta(max_length=REPAIR_FRAME_BYTES_MAX)
LOOKS: Final = msgspec.Meta(max_length=REPAIR_LOOKS_MAX)
WANTED: Final = msgspec.Meta(max_length=REPAIR_WANTED_MAX)
WANTS: Final = msgspec.Meta(max_length=WANTS_MAX)
DEPARTURES: Final = msgspec.Meta(max_length=DEPARTURES_MAX)
ELSEWHERE: Final = msgspec.Meta(max_length=ELSEWHERE_MAX)
RECEIPTS: Final = msgspec.Meta(max_length=RECEIPTS_MAX)
A_LISTING: Final = msgspec.Meta(max_length=LISTED_BYTES * (REPLY_OPS_MAX + NOTICES_MAX))


class Hello(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Who speaks, from where in its own log and in the hub's, and what it has waiting.

    `count` rises with every request of a node, so that an old request is worth nothing to whoever
    recorded it. `view` is the view digest when one is due, else empty. `lease_until_ms` is when its
    lease ends, 0 where it needs one now; `is_locked` whether it was ordered to lock; `hub_keys` how
    many changes of the hub's signing key it knows.
    """

    oldest: Annotated[int, A_COUNT] = PROTOCOL_VERSION_OLDEST
    newest: Annotated[int, A_COUNT] = PROTOCOL_VERSION
    count: Annotated[int, A_COUNT]
    life: Annotated[LifeId, AN_ID]
    seq: Annotated[int, A_COUNT]
    chain: Annotated[bytes, A_HASH]
    registry: Annotated[bytes, A_HASH]
    release: Annotated[str, A_WORD]
    sent_ms: Annotated[int, A_MOMENT]
    cursor: Cursor
    view: Annotated[bytes, A_HASH] = b""
    wait_ms: Annotated[int, A_COUNT] = 0
    waiting_ops: Annotated[int, A_COUNT] = 0
    oldest_waiting_ms: Annotated[int, A_MOMENT] = 0
    room_ops: Annotated[int, A_COUNT] = 0
    has_offered: bool = False
    lease_until_ms: Annotated[int, A_COUNT] = 0
    is_locked: bool = False
    hub_keys: Annotated[int, A_COUNT] = 0


class Returned(msgspec.Struct, frozen=True, array_like=True):
    """Ops of others that a restored hub lacks, and the manifest of its own that proves them."""

    incarnation: Annotated[IncarnationId, AN_ID]
    listing: Annotated[bytes, A_LISTING]
    signature: Annotated[bytes, A_SIGNATURE]
    ops: tuple[OpBytes, ...]


class Look(msgspec.Struct, frozen=True, array_like=True):
    """One frame of a repair: of the subjects of a view, or of the ops of one subject.

    `subject` is empty for the view; `cut` is the number after which the subject's ops are compared.
    """

    subject: Annotated[bytes, A_SUBJECT_OR_NONE]
    cut: Annotated[int, A_COUNT]
    frame: Annotated[bytes, A_FRAME]


class Repair(msgspec.Struct, frozen=True, array_like=True):
    """What a spoke asks whose view differs: frames, and ops of which it wants the hub's word."""

    looks: Annotated[tuple[Look, ...], LOOKS] = ()
    wanted: Annotated[tuple[Annotated[OpId, AN_ID], ...], WANTED] = ()


class Repaired(msgspec.Struct, frozen=True, array_like=True):
    """The answer: a frame for each look; of the first `considered` ops wanted, which are lacking.

    Of those that the hub holds, its word comes as entries.
    """

    looks: Annotated[tuple[Look, ...], LOOKS] = ()
    considered: Annotated[int, A_COUNT] = 0
    lacking: Annotated[tuple[Annotated[OpId, AN_ID], ...], WANTED] = ()


class Request(msgspec.Struct, frozen=True, array_like=True):
    """What a spoke sends: the hello, and its ops that the hub is not known to have.

    `returned` is empty but after the hub's restore, or where the hub lost ops. `wants` says what is
    to come next of subjects that are arriving, and of histories that somebody asked for; `repair`
    is there while the spoke's view differs.
    `departures` are subjects that it would let go of, `receipts` those that it has let go of and
    the hub is not known to have heard of. `escrow` holds the bodies, which it cannot open, of ops
    of this request.
    """

    hello: Hello
    runs: tuple[Run, ...] = ()
    returned: tuple[Returned, ...] = ()
    wants: Annotated[tuple[Want, ...], WANTS] = ()
    repair: Repair | None = None
    departures: Annotated[tuple[Departure, ...], DEPARTURES] = ()
    receipts: Annotated[tuple[Receipt, ...], RECEIPTS] = ()
    escrow: tuple[Escrowed, ...] = ()


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """How far the hub has one branch of one of the sender's lives, bound to the chain there.

    `seq` and `chain` are what was received; `stable_*` what a verified backup holds.
    """

    life: Annotated[LifeId, AN_ID]
    seq: Annotated[int, A_COUNT]
    chain: Annotated[bytes, A_HASH]
    stable_seq: Annotated[int, A_COUNT] = 0
    stable_chain: Annotated[bytes, A_HASH] = b""


class OwnRange(msgspec.Struct, frozen=True, array_like=True):
    """Verdicts of consecutive ops of the sender's life: numbered from `hub_seq` on.

    `ids_hash` binds which ops are meant: a number alone could name a twin's op.
    """

    first_seq: Annotated[int, A_COUNT]
    count: Annotated[int, A_COUNT]
    hub_seq: Annotated[int, A_COUNT]
    flags: Annotated[int, FLAGS]
    reason: Annotated[str, A_WORD]
    ids_hash: Annotated[bytes, A_HASH]


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One op of the hub's log as the hub judged it."""

    raw: OpBytes
    hub_seq: Annotated[int, A_COUNT]
    flags: Annotated[int, FLAGS]
    reason: Annotated[str, A_WORD] = ""


class Reply(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What the hub answers: marks, verdicts, scope steps, and the ops that the spoke lacks.

    `notices` are safety ops from beyond this reply's reach, sent ahead of their turn. `cursor` is
    to be committed together with everything here. `digest_equal` answers `Hello.view`. `snapshots`
    say where some of the entries stand. `permits`
    and `unproven` (its digest is another: which ops are they?) answer departures, `receipted`
    receipts. `keys` come with the steps of those who enter again. `elsewhere`, where it has
    changed, is who has not let go of the subjects that the spoke holds. `lease` is for how long it
    may show what it holds, where that is to be said anew.
    """

    count: Annotated[int, A_COUNT]
    incarnation: Annotated[IncarnationId, AN_ID]
    received_ms: Annotated[int, A_MOMENT]
    sent_ms: Annotated[int, A_MOMENT]
    clock: Annotated[Hlc, A_CLOCK]
    marks: tuple[Mark, ...]
    cursor: Cursor
    own: tuple[OwnRange, ...] = ()
    steps: tuple[ScopeStep, ...] = ()
    notices: tuple[Entry, ...] = ()
    entries: tuple[Entry, ...] = ()
    manifest: Annotated[bytes, A_SIGNATURE] = b""
    more: bool = False
    digest_equal: bool | None = None
    snapshots: tuple[Snapshot, ...] = ()
    repaired: Repaired | None = None
    is_recovering: bool = False
    permits: Annotated[tuple[Permit, ...], DEPARTURES] = ()
    unproven: Annotated[tuple[Annotated[SubjectId, AN_ID], ...], DEPARTURES] = ()
    receipted: Annotated[tuple[Receipted, ...], RECEIPTS] = ()
    keys: tuple[KeyBack, ...] = ()
    elsewhere: Annotated[tuple[Elsewhere, ...], ELSEWHERE] | None = None
    lease: Lease | None = None


class Fault(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What the hub answers instead: an error's code, and what the sender needs to go on."""

    code: Annotated[str, A_WORD]
    detail: Annotated[str, A_DETAIL]
    count: Annotated[int, A_COUNT]
    incarnation: Annotated[IncarnationId, AN_ID]


def ids_hash(op_ids: tuple[OpId, ...] | list[OpId]) -> bytes:
    """What binds an OwnRange to its ops: SHA-256 over their ids in order, cut to 16 bytes."""
    return sha256(b"".join(op_ids)).digest()[:IDS_HASH_BYTES]


def manifest_listing(entries: list[tuple[OpId, int, int]]) -> bytes:
    """The bytes that a manifest signs: (op id, hub_seq, flags) of each entry, in order."""
    return b"".join(
        op_id + hub_seq.to_bytes(8, "big") + flags.to_bytes(1, "big")
        for op_id, hub_seq, flags in entries
    )
