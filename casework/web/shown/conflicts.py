"""Open conflicts in words: in a list, on a person's page, and as two columns to settle."""

from typing import Final

from casework.desk.conflicts import ConflictView, SideView
from casework.web.views import ConflictLine, ConflictSide, Mark, Row, Tone
from casework.web.views import Link as ViewLink
from casework.web.words import age, moment

SEVERITIES: Final[dict[str, tuple[str, Tone]]] = {
    "S1": ("Grave: settle now", "grave"),
    "S2": ("Serious", "warn"),
    "S3": ("Minor", "plain"),
}


def severity_mark(severity: str) -> Mark:
    """How grave a conflict is, in words."""
    return Mark(*SEVERITIES.get(severity, (severity, "plain")))


def finding_mark(severity: str) -> Mark:
    """How grave something is that no choice settles, but somebody must go and look at."""
    mark = severity_mark(severity)
    return Mark(mark.words.partition(":")[0], mark.tone)


def conflict_title(conflict: ConflictView) -> str:
    """What it is about, without its article: "Responsible officer"."""
    about = conflict.field_name.removeprefix("the ")
    return f"{about[:1].upper()}{about[1:]}"


def conflict_address(conflict: ConflictView) -> str:
    """The page on which it is settled."""
    return f"/conflicts/{conflict.id}"


def conflict_line(conflict: ConflictView, now_ms: int) -> ConflictLine:
    """One conflict of a list."""
    return ConflictLine(
        title=conflict_title(conflict),
        address=conflict_address(conflict),
        about=f"{conflict.why_text} To be settled by: {conflict.owner}.",
        person=conflict.person_name,
        severity=severity_mark(conflict.severity),
        since=f"open for {age(now_ms - conflict.opened_ms)}",
    )


def conflict_row(conflict: ConflictView) -> Row:
    """One conflict on the page of its person."""
    return Row(
        title=conflict_title(conflict),
        lines=(conflict.why_text,),
        marks=(severity_mark(conflict.severity),),
        links=(ViewLink("Settle this", conflict_address(conflict), conflict_title(conflict)),),
    )


def meanwhile(conflict: ConflictView) -> str:
    """What counts until somebody decides."""
    shown = [_words(side) for side in conflict.sides if side.is_shown]
    if len(shown) == 1:
        return f"Until this is settled, “{shown[0]}” is shown and acted on."
    return "Until this is settled, all of them stand."


def conflict_side(side: SideView, now_ms: int) -> ConflictSide:
    """One column: the value, and who, where, when and by which clock."""
    return ConflictSide(
        op=side.op_id.hex(),
        words=_words(side),
        author=side.source.staff_name or "Staff there; the name is not known here",
        source=side.source.place_name,
        happened=moment(side.happened_ms, now_ms),
        recorded=moment(side.source.written_ms, now_ms),
        reached="",
        clock_words=(
            "Doubtful: that computer's clock was wrong"
            if side.is_clock_suspect
            else "In step with the centre, as far as known"
        ),
        marks=(Mark("Shown until settled", "calm"),) if side.is_shown else (),
        text=side.text or "",
    )


def _words(side: SideView) -> str:
    return side.value_text or "Nothing"
