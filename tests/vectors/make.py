"""Makes every golden vector from fixed inputs: no clock, no chance, keys that are no secret.

Each vector holds what goes in beside what comes out, so that another implementation can be held
to it.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.causality import seen_token
from sync_protocol.clock import Hlc, hlc_bytes, is_suspect, next_hlc, pack_hlc, witness
from sync_protocol.codec import Address, seal_message
from sync_protocol.cursor import START, Cursor
from sync_protocol.digest import EMPTY, digest_term, view_digest
from sync_protocol.ids import derived_id, singleton_record, uuid7
from sync_protocol.io.boxes import box_public, seal_box
from sync_protocol.keys import KeyChange
from sync_protocol.lease import LOCKED, Lease, claim_of_lease
from sync_protocol.merge import fold, show, standing_ids
from sync_protocol.messages import Fault, Hello, Request, ids_hash, manifest_listing
from sync_protocol.op import Op
from sync_protocol.policy import (
    AnyPolicy,
    AskAPerson,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    LaterDate,
    Latest,
    Levels,
    OpenClose,
    Side,
    TrueOutranks,
    WholeVersion,
)
from sync_protocol.seal import (
    Follows,
    ScopeEpoch,
    key_claim,
    life_chain,
    manifest_claim,
    segment_chain,
    segment_claim,
)
from tests import toys

KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EPOCH: Final = ScopeEpoch(toys.incarnation(1), 3)
Vector = dict[str, Any]


def ids() -> list[Vector]:
    """UUIDv7 from a moment and ten bytes of chance; ids derived from parts."""
    chance = (bytes(10), bytes(range(10)), b"\xff" * 10)
    made: list[Vector] = [
        {"now_ms": now_ms, "chance": one.hex(), "uuid7": uuid7(now_ms, one).hex()}
        for now_ms in (0, toys.MORNING_MS, (1 << 48) - 1)
        for one in chance
    ]
    parts = ((), (b"ab", b"c"), (b"a", b"bc"), (b"file", toys.subject(1), b"restricted"))
    made += [
        {"parts": [part.hex() for part in one], "derived": derived_id(*one).hex()} for one in parts
    ]
    record = singleton_record(toys.subject(1), "shelf")
    made.append({"subject": toys.subject(1).hex(), "kind": "shelf", "singleton": record.hex()})
    return made


def clock() -> list[Vector]:
    """What a clock at `latest` says next, and what hearing `received` makes of it."""
    wall_ms = toys.MORNING_MS
    latest = (pack_hlc(0, 0), pack_hlc(wall_ms, 7), pack_hlc(wall_ms + 60_000, 65_535))
    received = (pack_hlc(wall_ms + 300_000, 1), pack_hlc(wall_ms + 300_001, 0))
    return [
        {
            "latest": hlc_bytes(one).hex(),
            "wall_ms": wall_ms,
            "next": hlc_bytes(next_hlc(one, wall_ms)).hex(),
            "received": hlc_bytes(heard).hex(),
            "is_suspect": is_suspect(heard, wall_ms),
            "after_hearing": hlc_bytes(witness(one, heard, wall_ms)).hex(),
        }
        for one in latest
        for heard in received
    ]


def ops() -> list[Vector]:
    """An op of every shape: its fields, its exact bytes, its hash and its id."""
    first = toys.op(1, {"label": "tea", "status": "open"})
    shapes = {
        "plain": first,
        "nothing set": toys.op(2, {}),
        "replaces and refs": toys.op(3, {"label": "café"}, {"label": [first.id]}, refs=(first.id,)),
        "of a pair": toys.op(4, {"reason": "noise"}, key=toys.GRUDGE_KEY),
        "in a change set": toys.op(5, {"colour": None}, change_set=toys.change_set(1, 1, 2)),
        "every kind of value": toys.op(
            6,
            {
                "plan": {
                    "approved": True,
                    "content": [None, False, -1, (1 << 53) - 1, "ü", {"": []}],
                },
                "remarks": b"\x00\xff",
            },
            happened_at=-1,
        ),
        "of a later release": toys.op(7, {"shape": "round"}, kind_version=9, v=1),
        "redacted": toys.redacted(first),
    }
    return [{"what": what, **_op_vector(op)} for what, op in shapes.items()]


def chain() -> list[Vector]:
    """The chain of a life and of segments, the claim of each, and its Ed25519 signature."""
    node, life = toys.node(1), toys.life(2)
    follows = (None, Follows(toys.life(1), 7, b"x" * 32), Follows(toys.life(1), 0, b""))
    made: list[Vector] = []
    for before in follows:
        start = life_chain(node, life, before)
        hashes = [sha256(b"%d" % number).digest() for number in range(3)]
        after = segment_chain(start, EPOCH, 1, hashes)
        claim = segment_claim(node, life, 3, after)
        made.append(
            {
                "node": node.hex(),
                "life": life.hex(),
                "follows": None if before is None else _plain(before),
                "life_chain": start.hex(),
                "epoch": _plain(EPOCH),
                "hashes": [one.hex() for one in hashes],
                "chain_after": after.hex(),
                "claim": claim.hex(),
                "secret_key": bytes(range(32)).hex(),
                "signature": KEY.sign(claim).hex(),
            }
        )
    return made


def digests() -> list[Vector]:
    """Terms of ops under their flags, the digest of a subject and the view of a node."""
    made: list[Vector] = []
    total = EMPTY
    for number, (suspect, late, redacted) in enumerate(
        ((False, False, False), (True, False, False), (False, True, True))
    ):
        term = digest_term(toys.op_id(number), suspect=suspect, late=late, redacted=redacted)
        total = total.plus(term)
        made.append(
            {
                "op_id": toys.op_id(number).hex(),
                "suspect": suspect,
                "late": late,
                "redacted": redacted,
                "term": term.to_bytes(32, "big").hex(),
                "total_so_far": total.to_bytes().hex(),
                "count_so_far": total.count,
            }
        )
    view = view_digest([(toys.subject(1), total), (toys.subject(2), EMPTY)])
    made.append({"view_of": {toys.subject(1).hex(): "the total", "others": 0}, "view": view.hex()})
    return made


def tokens() -> list[Vector]:
    """Seen tokens, and what binds ranges and manifests."""
    ids = [toys.op_id(number) for number in range(3)]
    listing = manifest_listing([(one, place, 1) for place, one in enumerate(ids, start=1)])
    claim = manifest_claim(toys.incarnation(1), toys.node(1), listing)
    seen: list[Vector] = [
        {"seen": [one.hex() for one in ids[:count]], "token": seen_token(ids[:count])}
        for count in range(4)
    ]
    bound = {"op_ids": [one.hex() for one in ids], "ids_hash": ids_hash(ids).hex()}
    return [*seen, bound, {"listing": listing.hex(), "manifest_claim": claim.hex()}]


def envelopes() -> list[Vector]:
    """Whole sealed messages that are small enough to go plain."""
    address = Address(toys.node(1), toys.node(2), toys.incarnation(1))
    hello = Hello(
        count=5,
        life=toys.life(1),
        seq=0,
        chain=life_chain(toys.node(1), toys.life(1), None),
        registry=bytes(32),
        release="0.1.0",
        sent_ms=toys.MORNING_MS,
        cursor=Cursor(toys.incarnation(1), 2, 70, 0, 0),
    )
    first = msgspec.structs.replace(hello, cursor=START)
    fault = Fault(code="replayed", detail="5 after 9", count=9, incarnation=toys.incarnation(1))
    return [
        {"message": _plain(message), "sealed": seal_message(message, address, KEY).hex()}
        for message in (Request(hello), Request(first), fault)
    ]


def leases() -> list[Vector]:
    """What a hub signs of a lease and of an order to lock; what both keys sign of a change."""
    given = (
        Lease(toys.life(1), 7, toys.MORNING_MS, toys.MORNING_MS + 86_400_000, "office"),
        Lease(toys.life(1), 8, toys.MORNING_MS, toys.MORNING_MS, LOCKED),
    )
    made: list[Vector] = []
    for one in given:
        claim = claim_of_lease(one, toys.incarnation(1), toys.node(1))
        whole = msgspec.structs.replace(one, signature=KEY.sign(claim))
        wire = msgspec.msgpack.encode(whole).hex()
        made.append({"role": one.role, "claim": claim.hex(), "lease": wire})
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    former, key = (one.public_key().public_bytes_raw() for one in (KEY, other))
    claim = key_claim(toys.node(1), former, key)
    change = KeyChange(former, key, KEY.sign(claim), other.sign(claim))
    wire = msgspec.msgpack.encode(change).hex()
    return [*made, {"role": "key change", "claim": claim.hex(), "change": wire}]


def boxes() -> list[Vector]:
    """What is sealed to a box key, with the key made for the box alone written down."""
    secret, once = bytes(range(32)), bytes(range(32, 64))
    cases = ((b"", b""), (b"a subject's key", b"throughcare key v1\0" + toys.subject(1)))
    return [
        {
            "secret": secret.hex(),
            "public": box_public(secret).hex(),
            "once": once.hex(),
            "context": context.hex(),
            "content": content.hex(),
            "box": seal_box(box_public(secret), content, context, lambda _count: once).hex(),
        }
        for content, context in cases
    ]


def policies() -> list[Vector]:
    """What each policy shows of sides, and why it asks."""
    return [
        {
            "policy": type(policy).__name__,
            "declared": _plain(policy),
            "sides": [_plain(side) for side in _sides(values)],
            "shows": policy.show(_sides(values)).value,
            "asks": policy.show(_sides(values)).asks,
        }
        for policy, many in _policy_cases()
        for values in many
    ]


def merges() -> list[Vector]:
    """Whole records: the ops, what stands per field, and the row shown."""
    opened = toys.op(1, {"label": "tea", "status": "open", "hazard": "grave"})
    closed = toys.op(2, {"status": "closed"}, {"status": [opened.id]}, node=toys.node(2))
    changed = toys.op(3, {"colour": "red", "status": "open"}, {"status": [opened.id]})
    lowered = toys.op(4, {"hazard": "none"}, {"hazard": [opened.id]})
    raised = toys.op(5, {"hazard": "some"}, node=toys.node(2))
    stranger = toys.op(6, {"shape": "round", "hazard": "huge"})
    cases = {
        "a close that saw everything": [opened, closed],
        "a close beside a change it had not seen": [opened, closed, changed],
        "a level lowered by who saw it": [opened, lowered],
        "a level lowered beside another": [opened, lowered, raised],
        "what a later release wrote": [opened, stranger],
        "a successor without its predecessor": [closed],
    }
    return [{"what": what, **_merge_vector(many)} for what, many in cases.items()]


VECTORS: Final[dict[str, Callable[[], list[Vector]]]] = {
    "ids": ids,
    "clock": clock,
    "ops": ops,
    "chain": chain,
    "digests": digests,
    "tokens": tokens,
    "envelopes": envelopes,
    "leases": leases,
    "boxes": boxes,
    "policies": policies,
    "merges": merges,
}


def _op_vector(op: Op) -> Vector:
    return {
        "header": _plain(op.header),
        "body": None if op.body is None else _plain(op.body),
        "opening": op.raw.opening.hex(),
        "body_bytes": None if op.raw.body is None else op.raw.body.hex(),
        "body_hash": op.raw.body_hash.hex(),
        "hash": op.hash.hex(),
        "id": op.id.hex(),
    }


def _merge_vector(many: list[Op]) -> Vector:
    state = fold((op, False) for op in many)
    row = show(toys.REGISTRY, toys.PARCEL_KEY, state)
    assert row is not None
    return {
        "ops": [_op_vector(op) for op in many],
        "standing": _plain(standing_ids(state)),
        "awaited": sorted([field, one.hex()] for field, one in state.awaited),
        "shows": _plain(row.values),
        "asks": dict(row.asks),
        "unread": _plain(row.unread),
    }


def _sides(values: tuple[Any, ...]) -> list[Side]:
    return [
        Side(toys.op_id(place), Hlc(place), suspect=place == 3, happened_at=-place, value=value)
        for place, value in enumerate(values, start=1)
    ]


def _policy_cases() -> list[tuple[AnyPolicy, list[tuple[Any, ...]]]]:
    far, near = {"from": "packed", "to": "sent"}, {"from": None, "to": "packed"}
    jump = {"from": None, "to": "arrived"}
    early, late = {"starts_on": "2026-01-01"}, {"starts_on": "2027-01-01"}
    draft, *approved = ({"approved": at > 0, "content": str(at)} for at in range(3))
    return [
        (Fixed(), [("a",), ("a", "a"), ("a", "b")]),
        (Latest(), [("a", "b"), ("a", "b", "c")]),
        (Highest(Levels(toys.HAZARDS)), [("none", "grave"), ("some", "huge"), ("some", "some")]),
        (Highest(LaterDate()), [("2026-01-01", "2027-01-01"), ("2026-01-01", None)]),
        (Highest(TrueOutranks()), [(True, False), (False, False), (False, "maybe")]),
        (OpenClose(), [("open",), ("closed", "closed"), ("open", "closed"), (None,)]),
        (AskAPerson(), [("here",), ("here", "there")]),
        (AskAPerson(effective="starts_on"), [(late, early), (early, early), (early, None)]),
        (Gather(), [("a", "b", "c")]),
        (ForwardMost(toys.STAGES, toys.PAIRS), [(near,), (far, near), (jump, near), (jump,)]),
        (WholeVersion(), [(draft,), (draft, approved[0]), tuple(approved)]),
    ]


def _plain(value: Any) -> Any:
    """As JSON: bytes as lower-case hex, structs as objects."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, msgspec.Struct):
        return {name: _plain(one) for name, one in msgspec.structs.asdict(value).items()}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
