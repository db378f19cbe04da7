"""Leaves that wait for a person's word: who would leave which office, and the two decisions.

Whoever is signed in may look; an administrator decides, with a reason.
"""

from typing import Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from casework.access.actions import may
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk
from casework.desk.held_back import HeldBackView, held_back, who_and_where
from casework.desk.restored import awaited
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes
from casework.web.forms import Field, Form
from casework.web.shown.held_back import (
    PAGE,
    held_back_banner,
    held_back_page,
    restored_banner,
    title_of,
)
from casework.web.views import Banner
from casework.web.visit import GivenVisit, Visit
from casework.web.words import counted
from server.services.scope import Decision, NothingHeldBack, cancel_leaves, confirm_leaves
from sync_protocol.errors import NotFound
from sync_protocol.ids import NodeId

REASON: Final = Field(
    name="reason",
    label="Why",
    kind="long_text",
    hint="Whom you phoned, and what they said. It is kept in the audit with your name.",
    when_missing="Write why",
)


def routes() -> list[HTTPRouteHandler]:
    """The list, and the forms of both decisions."""
    confirm = Work(ask=_ask_confirm, save=_save_confirm)
    cancel = Work(ask=_ask_cancel, save=_save_cancel)
    return [
        show_held_back,
        *form_routes(f"{PAGE}/{{office:str}}/confirm", confirm),
        *form_routes(f"{PAGE}/{{office:str}}/cancel", cancel),
    ]


def banners(desk: Desk, caller: Caller, path: str) -> tuple[Banner, ...]:
    """What every page of the centre says while anything waits, but those that are about it."""
    if not desk.store.core.parts.is_hub:
        return ()
    restored = restored_banner(awaited(desk), desk.now_ms())
    if path.startswith(PAGE) or not may(caller, "see_estate"):
        return restored
    return (*restored, *held_back_banner(held_back(desk, caller), desk.now_ms()))


@get(PAGE, sync_to_thread=True)
def show_held_back(request: Request[Caller, str, State], visit: GivenVisit) -> Response[str]:
    """Every office with leaves that wait."""
    saved = request.query_params.get("saved")
    found = held_back(visit.desk, visit.caller)
    may_decide = may(visit.caller, "decide_leaves")
    told = [(one, who_and_where(visit.desk, visit.caller, one)) for one in found]
    view = held_back_page(told, visit.now_ms, may_decide=may_decide)
    return visit.page("held_back.html", notice=visit.saved_notice(saved), view=view)


def _ask_confirm(visit: Visit, ids: Ids) -> Asked:
    held = _held(visit, ids)
    people = counted(len(held.people), "person", "people")
    form = Form(
        title=f"Confirm that {people} leave {held.name}",
        lead=(
            (
                f"{title_of(held)}. {held.name} hears of it at its next contact, sends what it has "
                "written, and then lets go: it can read these records no more. No entry is lost."
            ),
        ),
        check_title=f"Check before {people} leave {held.name}",
        warning=f"Confirm only if {held.name} has told you that these people are to leave.",
        save=f"Confirm: {people} leave",
        fields=(REASON,),
    )
    return Asked(form=form, back=PAGE, seen=held.seen)


def _ask_cancel(visit: Visit, ids: Ids) -> Asked:
    held = _held(visit, ids)
    people = counted(len(held.people), "person", "people")
    form = Form(
        title=f"Cancel: {people} stay at {held.name}",
        lead=(
            f"{title_of(held)}. If you cancel, they stay for now.",
            (
                "Have the list or the movements that caused this put right as well: whoever still "
                "has no reason to be there is asked about again after the next change to them."
            ),
        ),
        check_title=f"Check before {people} stay at {held.name}",
        save=f"Cancel: {people} stay",
        fields=(REASON,),
    )
    return Asked(form=form, back=PAGE, seen=held.seen)


def _save_confirm(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    decision = _decision(visit, ids, filled)
    confirm_leaves(visit.desk.store, decision)
    return Receipt("Confirmed: these people leave", "", PAGE)


def _save_cancel(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    decision = _decision(visit, ids, filled)
    cancel_leaves(visit.desk.store, decision)
    return Receipt("Cancelled: these people stay for now", "", PAGE)


def _decision(visit: Visit, ids: Ids, filled: Filled) -> Decision:
    gate.allow(visit.desk, visit.caller, "decide_leaves")
    node = _node(visit.desk, ids)
    return Decision(node, visit.caller.staff, filled.values["reason"], filled.seen)


def _held(visit: Visit, ids: Ids) -> HeldBackView:
    """What waits at the office of an address; whoever may not decide is refused first."""
    gate.allow(visit.desk, visit.caller, "decide_leaves")
    node = _node(visit.desk, ids)
    found = [one for one in held_back(visit.desk, visit.caller) if one.node == node]
    if not found:
        raise NothingHeldBack(node.hex())
    return found[0]


def _node(desk: Desk, ids: Ids) -> NodeId:
    for node in desk.nodes.values():
        if node.place.code == ids["office"]:
            return node.id
    raise NotFound("an address that names no office")
