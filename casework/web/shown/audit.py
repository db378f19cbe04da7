"""The auditor's pages in words. People are references; what was read is never said."""

from typing import Final

from casework.desk.browsing import OUTCOMES, UnusualView
from casework.desk.trail import ChainView, Lines, LineView
from casework.web.audit_views import AuditLines, AuditRow, UnusualRow
from casework.web.shown.holding import reference_of
from casework.web.views import Link, Mark
from casework.web.words import counted, iso_day, short_moment
from sync_protocol.ids import ActorId, SubjectId

PAGE: Final = "/audit"
ACTS: Final = {
    "read": "Read",
    "read_audit": "Looked at the audit",
    "search": "Found by searching",
    "write": "Wrote",
    "refused": "Was refused",
    "export": "Made a document",
    "break_glass": "Opened with a reason",
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "sign_in_refused": "Could not sign in",
    "new_password": "Chose a new password",
    "passkey_added": "Added a passkey",
    "passkey_removed": "Removed a passkey",
    "browsing_reviewed": "Reviewed unusual browsing",
}


def person_link(person: SubjectId) -> Link:
    """Who saw this person."""
    return Link(reference_of(person), f"{PAGE}/people/{person.hex()}")


def officer_link(officer: ActorId, name: str) -> Link:
    """What this officer saw."""
    return Link(name, f"{PAGE}/officers/{officer.hex()}")


def lines_page(title: str, found: Lines, address: str, now_ms: int) -> AuditLines:
    """Lines of the audit, the newest first."""
    notes: tuple[str, ...] = ()
    if found.own:
        notes = (
            f"{counted(found.own, 'line')} of your own left out: ask another auditor for those.",
        )
    oldest = found.lines[-1].at_ms if found.lines else 0
    return AuditLines(
        title=title,
        rows=tuple(_row(one, now_ms) for one in found.lines),
        notes=notes,
        older=Link("Older lines", f"{address}?before={oldest}") if found.is_cut else None,
    )


def unusual_row(one: UnusualView) -> UnusualRow:
    """Something unusual in an officer's day."""
    outcome = OUTCOMES.get(one.outcome, "")
    review = Link(
        "Write what you found", f"{PAGE}/unusual/{one.officer.hex()}/{one.day}/{one.code}"
    )
    return UnusualRow(
        title=f"{one.officer_name}, {iso_day(one.day)}",
        words=one.words,
        state=Mark(outcome, "plain") if outcome else Mark("To be asked about", "warn"),
        lines=(f"{one.reviewer_name}: {one.why}",) if outcome else (),
        links=(
            officer_link(one.officer, "What this officer saw"),
            *(() if outcome else (review,)),
        ),
    )


def chain_words(one: ChainView, now_ms: int) -> str:
    """How far the audit of a node reaches here."""
    return f"{one.place}: {one.last_line:,} lines, received {short_moment(one.reached_ms, now_ms)}"


def _row(one: LineView, now_ms: int) -> AuditRow:
    said = ACTS.get(one.act, one.act.replace("_", " ").capitalize())
    return AuditRow(
        when=short_moment(one.at_ms, now_ms),
        who=officer_link(one.officer, one.officer_name),
        role=one.role.replace("_", " ") or "not known",
        where=" · ".join(filter(None, (one.place, one.terminal, one.session))),
        act=f"{said}: {one.detail}" if one.detail else said,
        whom=person_link(one.person) if one.person else None,
        why=one.why,
    )
