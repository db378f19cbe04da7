"""Samples of the auditor's pages, and of what came of revoked offices. All people are synthetic."""

from typing import Any, Final

from casework.web.audit_views import AuditLines, AuditRow, AuditStart, UnusualRow
from casework.web.estate_views import QuarantineLine, QuarantinePage, RevokedLine
from casework.web.views import Frame, Link, Mark
from tests.browser.samples import UP

PERSON: Final = "059a14afcaf83ea8f481cd4b3c12c14d"
UNUSUAL: Final = UnusualRow(
    title="Tom Beech, Leeds (HMP)",
    words="Opened 41 people on 21 November 2026; of 38 nothing was written, nor were they met.",
    state=Mark("Not asked about", "grave"),
    lines=("Usually 9 a day.", "Looked at by nobody yet."),
    links=(Link("What this officer saw", "#", "of Tom Beech"), Link("Ask about it", "#")),
)
ROW: Final = AuditRow(
    when="21 Nov 02:14",
    who=Link("Tom Beech", "#"),
    role="operational staff",
    where="Leeds (HMP)",
    act="Opened with a reason",
    whom=Link(PERSON, "#"),
    why="Somebody's safety is at stake now",
)
OF_NOBODY: Final = AuditRow(
    when="21 Nov 02:10",
    who=Link("Tom Beech", "#"),
    role="operational staff",
    where="Leeds (HMP)",
    act="Signed in",
    whom=None,
    why="",
)
HELD: Final = QuarantineLine(
    op="7cadf80d155153146836952aba60ad75",
    node="Leeds (HMP)",
    kind="Alert",
    says="Added an alert: violence to staff.",
    reached="21 Nov 02:14",
    said="Nobody has judged it yet",
    actions=(Link("Let this change count", "#"), Link("Keep this change out", "#")),
)

AUDIT_PAGES: Final[dict[str, tuple[str, dict[str, Any], Frame]]] = {
    "audit": (
        "audit.html",
        {
            "view": AuditStart(
                asked="A1234BC",
                fault="Nobody is known here by that number.",
                unusual=(UNUSUAL,),
                chains=("Leeds (HMP): 4,112 lines, whole, the last of 21 Nov 02:14.",),
                faults=("Brixton (HMP): line 17 does not follow from the one before it.",),
            )
        },
        UP,
    ),
    "audit-none": (
        "audit.html",
        {"view": AuditStart(asked="", fault="", unusual=(), chains=(), faults=())},
        UP,
    ),
    "audit-lines": (
        "audit_lines.html",
        {
            "view": AuditLines(
                title=f"Who saw {PERSON}",
                rows=(ROW, OF_NOBODY),
                notes=("3 lines of your own are left out: another auditor sees them.",),
                older=Link("Older lines", "#"),
            )
        },
        UP,
    ),
    "audit-lines-none": ("audit_lines.html", {"view": AuditLines(title="Who saw", rows=())}, UP),
    "quarantine": (
        "quarantine.html",
        {
            "view": QuarantinePage(
                revoked=(RevokedLine("Leeds (HMP)", "Revoked 20 Nov 16:40: the box was stolen."),),
                lines=(HELD,),
                may_judge=True,
            )
        },
        UP,
    ),
    "quarantine-none": (
        "quarantine.html",
        {"view": QuarantinePage(revoked=(), lines=(), may_judge=False)},
        UP,
    ),
}
