"""Who works where: the centre appoints staff to places, changes what they are there, and ends it.

An office only reads what concerns it. What somebody did at an office after the centre had ended
their post, and before the office heard of it, is listed for the auditor on both sides.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from casework.access.accounts import NameTaken
from casework.access.actions import check_writers
from casework.access.caller import Caller, Role
from casework.access.first_codes import CODE_MS_MAX, code_digest, draw_code
from casework.access.posts import Post, posts_in
from casework.desk import gate
from casework.desk.desk import Desk, EstateNode
from casework.desk.holding import check_centre
from casework.desk.writing import Saved, write
from casework.records import WHOLE_REGISTRY
from casework.records.files import place_subject, post_record
from casework.records.post import OnlineName
from casework.rules.rows import day_of
from sync_protocol.author import Draft
from sync_protocol.causality import SeenToken, read_seen_token
from sync_protocol.clock import hlc_ms
from sync_protocol.errors import InvalidValue, NotFound, Refused
from sync_protocol.ids import ActorId, NodeId, OpId, SubjectId, uuid7
from sync_protocol.io.reading import Reading
from sync_protocol.policy import CLOSED, OPEN

KIND: Final = "post"
ACTS_SHOWN_MAX: Final = 200
OPS_LOOKED_AT_MAX: Final = 5_000
NAME_CHARACTERS_MAX: Final = 64
REFUSED_ACT: Final = "sign_in_refused"


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """What is given to appoint somebody; `staff` where they work somewhere else already."""

    code: str
    user_name: str
    display_name: str
    role: Role
    team: str = ""
    staff: ActorId | None = None


class Appointed(msgspec.Struct, frozen=True):
    """Who was appointed; they need a one-time code to sign in for the first time."""

    saved: Saved
    staff: ActorId


class PostView(msgspec.Struct, frozen=True):
    """A post, and the token that a change of it must bring back."""

    node: EstateNode
    post: Post
    seen: SeenToken

    @property
    def whose(self) -> tuple[str, ActorId]:
        """The place's code, and who."""
        return self.node.place.code, self.post.staff


class PostOver(Refused):
    """This post has ended."""

    code = "post_over"
    hint = "Appoint them again: they keep their user name and their password."


class LateAct(msgspec.Struct, frozen=True):
    """What somebody did after their post had ended: an act and whom it concerned, by ids alone."""

    staff: ActorId
    display_name: str
    ended_ms: int
    at_ms: int
    act: str
    subject: SubjectId | None
    detail: str


def posts_at(desk: Desk, caller: Caller, code: str) -> tuple[PostView, ...]:
    """Everybody whom the centre has named for a place, with those whose post has ended."""
    gate.allow(desk, caller, "appoint")
    check_centre(desk)
    node = _node(desk, code)
    with desk.store.reading() as reading:
        found = _posts(desk, reading, code)
        views = [PostView(node, one, _seen(reading, one.staff, code)) for one in found]
    gate.witness(desk, caller, "read", (), detail=f"posts {code}")
    return tuple(views)


def post_of(desk: Desk, caller: Caller, code: str, staff: ActorId) -> PostView:
    """One post; NotFound where the centre has not named them for the place."""
    for view in posts_at(desk, caller, code):
        if view.post.staff == staff:
            return view
    raise NotFound(f"post {staff.hex()} {code}")


def appoint(desk: Desk, caller: Caller, given: Appointment) -> Appointed:
    """Name somebody for a place; NameTaken where the user name is another's there.

    Whoever was there before gets their post again.
    """
    gate.allow(desk, caller, "appoint")
    check_centre(desk)
    _node(desk, given.code)
    name = given.user_name.strip()
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not given.display_name.strip():
        raise InvalidValue(f"a user name and a name have 1 to {NAME_CHARACTERS_MAX} characters")
    with desk.store.reading() as reading:
        others = _posts(desk, reading, given.code)
        staff = given.staff or ActorId(uuid7(desk.now_ms(), desk.chance(10)))
        known = next((one for one in others if one.staff == staff), None)
        is_taken = any(
            one.user_name.casefold() == name.casefold() and one.staff != staff for one in others
        )
        seen = _seen(reading, staff, given.code) if known is not None else None
    if is_taken:
        raise NameTaken(name)
    values: dict[str, Any] = {
        "display_name": given.display_name.strip(),
        "role": given.role,
        "began_on": day_of(desk.now_ms()),
        "status": OPEN,
        "ended_on": None,
        "valid_until": None,
    }
    if known is None:
        values |= {"staff": staff.hex(), "user_name": name}
    if given.team:
        values["team"] = given.team
    saved = _write(desk, caller, (given.code, staff), values, seen)
    return Appointed(saved, staff)


def change_post(
    desk: Desk, caller: Caller, view: PostView, *, role: Role, team: str, display_name: str
) -> Saved:
    """Another role, team or name; StaleRecord where somebody else changed it since."""
    gate.allow(desk, caller, "appoint")
    _check_open(view)
    values: dict[str, Any] = {"role": role, "display_name": display_name.strip()}
    if team:
        values["team"] = team
    return _write(desk, caller, view.whose, values, view.seen)


def end_post(desk: Desk, caller: Caller, view: PostView, *, last_day: str) -> Saved:
    """The end of a post: at once where its last day is today or over, else when that day is over.

    It counts at the office from its next contact on.
    """
    gate.allow(desk, caller, "appoint")
    _check_open(view)
    values: dict[str, Any] = {"ended_on": last_day, "valid_until": last_day}
    if last_day <= day_of(desk.now_ms()):
        values["status"] = CLOSED
    return _write(desk, caller, view.whose, values, view.seen)


def give_new_code(desk: Desk, caller: Caller, view: PostView) -> str:
    """A new one-time code, told once; the one before counts no more once the office has heard."""
    gate.allow(desk, caller, "appoint")
    _check_open(view)
    staff, code = view.post.staff, draw_code(desk.chance)
    values = {"first_code": _kept_code(desk, staff, code)}
    _write(desk, caller, view.whose, values, view.seen)
    return code


def unlock_post(desk: Desk, caller: Caller, view: PostView) -> Saved:
    """Let a locked account at an office try again, from the office's next contact on."""
    gate.allow(desk, caller, "appoint")
    _check_open(view)
    values = {"unlocked_ms": max(desk.now_ms(), view.post.unlocked_ms + 1)}
    return _write(desk, caller, view.whose, values, view.seen)


def bind_online(desk: Desk, caller: Caller, view: PostView, name: OnlineName | None) -> Saved:
    """Who they are at the organisation's sign-in service, or that they are nobody there.

    NameTaken where the name is somebody else's, at any place: it would open two people's records.
    """
    gate.allow(desk, caller, "appoint")
    _check_open(view)
    if name is not None:
        with desk.store.reading() as reading:
            others = [one for node in desk.nodes.values() for one in _posts_of(desk, reading, node)]
        if any(one.online == name and one.staff != view.post.staff for one in others):
            raise NameTaken("the name at the sign-in service is somebody else's")
    values = {"online": msgspec.to_builtins(name)}
    return _write(desk, caller, view.whose, values, view.seen)


def places(desk: Desk) -> tuple[EstateNode, ...]:
    """The places for which somebody can be named, by name."""
    return tuple(sorted(desk.nodes.values(), key=lambda one: one.place.name))


def acts_since_end(desk: Desk, caller: Caller) -> tuple[LateAct, ...]:
    """What anybody did here after their post had ended, newest first, for the auditor alone.

    An office tells it from its own audit; the centre from what the office wrote and sent.
    """
    gate.allow(desk, caller, "read_audit")
    is_centre = desk.place.kind == "centre"
    found: list[LateAct] = []
    with desk.store.reading() as reading:
        for node in desk.nodes.values() if is_centre else [desk.node]:
            ended = [one for one in _posts(desk, reading, node.place.code) if not one.is_open]
            for post in ended:
                found += (
                    _written_since(reading, node.id, post)
                    if is_centre
                    else _audited_since(reading, post)
                )
    gate.witness(desk, caller, "read", (), detail="acts since the end of posts")
    return tuple(sorted(found, key=lambda one: -one.at_ms)[:ACTS_SHOWN_MAX])


def _audited_since(reading: Reading, post: Post) -> list[LateAct]:
    rows = reading.select(
        "SELECT at_ms, act, subject, detail FROM audit WHERE actor = ? AND at_ms >= ? AND act != ?"
        " ORDER BY line_no DESC LIMIT ?",
        (post.staff, post.ended_ms, REFUSED_ACT, ACTS_SHOWN_MAX),
    )
    return [
        _late(post, at_ms, str(act), SubjectId(subject) if subject else None, str(detail))
        for at_ms, act, subject, detail in rows
    ]


def _written_since(reading: Reading, node: NodeId, post: Post) -> list[LateAct]:
    found: list[LateAct] = []
    sql = "SELECT op_id FROM ops WHERE reached_ms >= ? ORDER BY op_no DESC LIMIT ?"
    for (op_id,) in reading.select(sql, (post.ended_ms, OPS_LOOKED_AT_MAX)):
        entry = reading.op(OpId(op_id))
        op = entry.op if entry is not None else None
        if op is None or op.header.node != node or op.header.actor != post.staff:
            continue
        at_ms = hlc_ms(op.hlc)
        if at_ms >= post.ended_ms:
            found.append(_late(post, at_ms, "write", op.header.subjects[0], op.header.kind))
    return found


def _late(post: Post, at_ms: int, act: str, subject: SubjectId | None, detail: str) -> LateAct:
    return LateAct(post.staff, post.display_name, post.ended_ms, at_ms, act, subject, detail)


def _posts_of(desk: Desk, reading: Reading, node: EstateNode) -> list[Post]:
    return _posts(desk, reading, node.place.code)


def _posts(desk: Desk, reading: Reading, code: str) -> list[Post]:
    return posts_in(reading, place_subject(code), centre_of(desk), day_of(desk.now_ms()))


def centre_of(desk: Desk) -> NodeId:
    """The centre's node: it alone names who works where."""
    return next(one.id for one in desk.nodes.values() if one.place.kind == "centre")


def _node(desk: Desk, code: str) -> EstateNode:
    for node in desk.nodes.values():
        if node.place.code == code:
            return node
    raise NotFound(f"place {code}")


def _seen(reading: Reading, staff: ActorId, code: str) -> SeenToken:
    shown = reading.record(KIND, (place_subject(code),), post_record(staff, code))
    if shown is None:
        raise NotFound(f"post {staff.hex()} {code}")
    return shown.seen


def _check_open(view: PostView) -> None:
    # What ended keeps the moment at which it did: nothing is written over it.
    if not view.post.is_open:
        raise PostOver(view.post.staff.hex())


def _kept_code(desk: Desk, staff: ActorId, code: str) -> dict[str, Any]:
    return {"digest": code_digest(staff, code), "until_ms": desk.now_ms() + CODE_MS_MAX}


def _write(
    desk: Desk,
    caller: Caller,
    whose: tuple[str, ActorId],
    values: Mapping[str, Any],
    seen: SeenToken | None,
) -> Saved:
    check_centre(desk)
    code, staff = whose
    check_writers(WHOLE_REGISTRY.known(KIND), values, desk.place.kind)
    draft = Draft(
        kind=KIND,
        subjects=(place_subject(code),),
        record=post_record(staff, code),
        values=dict(values),
        happened_at=desk.now_ms(),
        seen=read_seen_token(seen) if seen is not None else frozenset(),
    )
    return write(desk, caller, [draft], why=f"post {staff.hex()}")
