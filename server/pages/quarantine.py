"""What came of revoked nodes and does not count; two people release it or keep it there."""

from typing import Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from casework.access.actions import ALLOWED
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.quarantined import quarantined_kind, quarantined_op
from casework.desk.sentences import say
from casework.web.drafts import Receipt
from casework.web.estate_views import QuarantineLine, QuarantinePage, RevokedLine
from casework.web.flow import Asked, Filled, Ids, Work, form_routes
from casework.web.forms import Field, Form
from casework.web.views import Link
from casework.web.visit import GivenVisit, Visit
from casework.web.words import short_moment
from server.services.quarantine import Said, all_revocations, in_quarantine, judge
from sync_protocol.errors import NotFound
from sync_protocol.ids import ID_BYTES, OpId
from sync_protocol.io.revoking import Held, Revocation, Word

PAGE: Final = "/quarantine"
REASON: Final = Field(
    name="reason",
    label="Why",
    kind="long_text",
    hint="Whom you asked, and what they said. It is kept in the audit with your name.",
    when_missing="Write why",
)
TITLES: Final[dict[Word, str]] = {
    "release": "Let this change count",
    "keep": "Keep this change out",
}
LEADS: Final[dict[Word, str]] = {
    "release": "It is judged as if it came now, and goes to whoever holds the person.",
    "keep": "It stays here for ever and counts for nothing, until two people say otherwise.",
}


def routes() -> list[HTTPRouteHandler]:
    """The list, and the form of each word."""
    return [
        show_quarantine,
        *form_routes(f"{PAGE}/{{op:str}}/release", _work("release")),
        *form_routes(f"{PAGE}/{{op:str}}/keep", _work("keep")),
    ]


@get(PAGE, sync_to_thread=True)
def show_quarantine(visit: GivenVisit) -> Response[str]:
    """Every revoked node, and every change in quarantine."""
    desk, caller = visit.desk, visit.caller
    gate.allow(desk, caller, "see_estate")
    may_judge = "judge_quarantine" in ALLOWED[caller.role]
    held = in_quarantine(desk.store)
    view = QuarantinePage(
        revoked=tuple(_revoked(desk, one, visit.now_ms) for one in all_revocations(desk.store)),
        lines=tuple(_line(visit, one, may_judge=may_judge) for one in held),
        may_judge=may_judge,
    )
    return visit.page("quarantine.html", view=view)


def _revoked(desk: Desk, one: Revocation, now_ms: int) -> RevokedLine:
    since = f"Revoked {short_moment(one.at_ms, now_ms)}: {one.why}."
    until = f" Trusted again {short_moment(one.ended_ms, now_ms)}." if one.ended_ms else ""
    return RevokedLine(node_name(desk, one.node), since + until)


def _line(visit: Visit, held: Held, *, may_judge: bool) -> QuarantineLine:
    """What a change says is for those alone who are to judge it, and is witnessed."""
    desk = visit.desk
    entry = quarantined_op(desk, visit.caller, held.op_id) if may_judge else None
    op = entry.op if entry is not None else None
    kind = quarantined_kind(desk, visit.caller, held.op_id)
    says = say(op, {}).sentence if may_judge and op is not None else ""
    if says and op is not None:
        gate.witness(desk, visit.caller, "read", op.header.subjects, detail="quarantine")
    at = f"{PAGE}/{held.op_id.hex()}"
    actions = (Link(TITLES["release"], f"{at}/release"), Link(TITLES["keep"], f"{at}/keep"))
    return QuarantineLine(
        op=held.op_id.hex(),
        node=node_name(desk, held.node),
        kind=kind.replace("_", " ").capitalize() if kind is not None else "Not readable",
        says=says,
        reached=short_moment(held.reached_ms, visit.now_ms),
        said=_said(desk, held),
        actions=actions if may_judge and op is not None else (),
    )


def _said(desk: Desk, held: Held) -> str:
    if held.is_settled:
        return "Two people keep it out"
    if held.word is None or held.said_by is None:
        return "Nobody has judged it yet"
    who = desk.staff_name(held.said_by) or "somebody"
    verb = "let it count" if held.word == "release" else "keep it out"
    return f"{who} would {verb}; somebody else must say the same"


def _work(word: Word) -> Work:
    def ask(visit: Visit, ids: Ids) -> Asked:
        gate.allow(visit.desk, visit.caller, "judge_quarantine")
        entry = quarantined_op(visit.desk, visit.caller, _op_id(ids))
        if entry is None or entry.op is None:
            raise NotFound("an address that names no change")
        gate.witness(
            visit.desk, visit.caller, "read", entry.op.header.subjects, detail="quarantine"
        )
        form = Form(
            title=TITLES[word],
            lead=(say(entry.op, {}).sentence, LEADS[word], "Two people must say the same."),
            check_title=f"Check: {TITLES[word].lower()}",
            save=TITLES[word],
            fields=(REASON,),
        )
        return Asked(form=form, back=PAGE)

    def save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
        gate.allow(visit.desk, visit.caller, "judge_quarantine")
        said = Said(visit.caller.staff, filled.values["reason"])
        is_done = judge(visit.desk.store, [_op_id(ids)], word, said)
        title = "Done" if is_done else "Noted: somebody else must say the same"
        return Receipt(title, "", PAGE)

    return Work(ask=ask, save=save)


def _op_id(ids: Ids) -> OpId:
    try:
        raw = bytes.fromhex(ids["op"])
    except ValueError:
        raw = b""
    if len(raw) != ID_BYTES:
        raise NotFound("an address that names no change")
    return OpId(raw)
