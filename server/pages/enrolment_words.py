"""The offices in words: what each one's state is, since when, and what may be done about it."""

from typing import Final

from casework.web.enrolment_views import OfficeLine
from casework.web.views import Link, Mark, Row
from casework.web.visit import Visit
from casework.web.words import day, moment
from server.services.node_entries import Entry, Given, State, Waiting
from sync_protocol.ids import ActorId

PAGE: Final = "/enrolment"
CODE_AT: Final = f"{PAGE}/{{place:str}}/code"
MARKS: Final[dict[State, Mark]] = {
    "invited": Mark("Not let in yet", "plain"),
    "waiting": Mark("Waits to be let in", "warn"),
    "active": Mark("Let in", "good"),
    "revoked": Mark("Revoked", "grave", "nothing that comes of it counts"),
}
KINDS: Final = {"prison": "Prison", "probation": "Probation office"}


def office_line(visit: Visit, one: Entry, given: Given | None, *, may_run: bool) -> OfficeLine:
    """One office."""
    lines = [f"{KINDS.get(one.place_kind, one.place_kind)} {one.place_code}."]
    ends_ms = one.certificate_ends_ms
    # A demonstration's offices have no certificate, and are found otherwise.
    if one.hosts and (one.signing_key is None or ends_ms is not None):
        lines.append(f"Its staff find it at {one.url}.")
    if ends_ms is not None:
        lines.append(f"Its certificate is good until {day(ends_ms)}, and renewed long before.")
    elif one.signing_key is not None:
        lines.append("Named by the estate file.")
    if given is not None:
        until = moment(given.ends_ms, visit.now_ms)
        lines.append(f"{_who(visit, given.invited_by)} gave a code, good until {until}.")
    row = Row(
        title=one.name,
        lines=tuple(lines),
        marks=(MARKS[one.state],),
        links=_links(one) if may_run else (),
    )
    words = "Give a code" if one.signing_key is None else "Give a code for another computer"
    code_at = CODE_AT.replace("{place:str}", one.place_code) if may_run else ""
    return OfficeLine(row=row, code_at=code_at, code_words=words)


def waiting_row(visit: Visit, one: Waiting, entry: Entry, *, may_run: bool) -> Row:
    """A computer that came with a code, and the words that the office must show too."""
    who = _who(visit, one.invited_by)
    lines = [f"It came {moment(one.used_ms, visit.now_ms)} with the code that {who} gave."]
    if may_run:
        lines.append(f"Six words: {' '.join(one.words)}.")
    if one.invited_by == visit.caller.staff:
        lines.append("You gave the code: another administrator has to let it in.")
    at = f"{PAGE}/{entry.place_code}"
    approve = Link("Let it in", f"{at}/approve", entry.name)
    refuse = Link("Refuse it", f"{at}/refuse", entry.name)
    may_approve = may_run and one.invited_by != visit.caller.staff
    links = (approve, refuse) if may_approve else (refuse,) if may_run else ()
    return Row(title=entry.name, lines=tuple(lines), links=links)


def _links(one: Entry) -> tuple[Link, ...]:
    at = f"{PAGE}/{one.place_code}"
    if one.state == "revoked":
        return (Link("Trust it again", f"{at}/trust", one.name),)
    if one.signing_key is not None:
        return (Link("Revoke", f"{at}/revoke", one.name),)
    return ()


def _who(visit: Visit, actor: ActorId) -> str:
    return visit.desk.staff_name(actor) or "somebody whose account is gone"
