"""How a synthetic person is released, and called back by recall."""

from typing import Any, Final

import msgspec

from casework.rules.rows import HOUR_MS
from throughcare.people.life import Life
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

GROUNDS: Final = (
    "Contact has stopped: three appointments missed and nobody at the address.",
    "Arrested for a further offence; risk to the public has risen.",
    "Tested positive twice and left the approved premises.",
)
TRIED: Final = ("Warning letters and a senior officer's interview.", "Curfew and more reporting.")


class Out(msgspec.Struct, frozen=True):
    """A release as it was recorded."""

    draft: WrittenDraft


def record_release(life: Life, at_ms: int, by: Member, reason: str, **about: str | None) -> Out:
    """The release itself, beside the movement; `about` names sentence, licence and address."""
    values: dict[str, Any] = {
        "occurred_at": at_ms,
        "from_place": by.office,
        "reason": reason,
        "authorised_by": by.name,
        "sentence": about.get("sentence"),
        "licence": about.get("licence"),
        "movement": None,
        "going_to": about.get("going_to"),
        "recalls_seen": list(life.recalls),
        "despite_recall": None,
        "status": "open",
    }
    draft = life.pen.new("release", at_ms, values)
    life.pen.act(at_ms, by, draft)
    return Out(draft)


def recall(life: Life, at_ms: int, release: Out, sort: str) -> None:
    """The community officer asks, two seniors sign, and the papers go out."""
    com = life.com
    senior, chief = _seniors(life)
    asked = {
        "release": release.draft.record.hex(),
        "type": sort,
        "grounds": com.signed(life.chance.choice(GROUNDS), at_ms),
        "alternatives": com.signed(life.chance.choice(TRIED), at_ms),
        "is_emergency": life.happens(0.1),
        "stage": {"from": None, "to": "RECALL_DECIDED"},
        "status": "open",
    }
    draft = life.pen.new("recall", at_ms, asked)
    if not life.pen.act(at_ms, com, draft):
        return
    decided_ms = at_ms + HOUR_MS
    decided = {
        "decision": {
            "verdict": "RECALL",
            "decided_at": decided_ms,
            "decided_by": senior.name,
            "reason": "Risk cannot be managed in the community.",
        },
        "signature": _signature(senior, "SPO", decided_ms),
    }
    life.pen.act(decided_ms, senior, life.pen.more(draft, decided))
    signed_ms = decided_ms + HOUR_MS
    life.pen.act(
        signed_ms, chief, life.pen.more(draft, {"signature": _signature(chief, "ACO", signed_ms)})
    )
    sent = {"stage": {"from": "RECALL_DECIDED", "to": "SENT_TO_PPCS"}}
    life.pen.act(signed_ms + HOUR_MS, com, life.pen.more(draft, sent))
    life.recalls.append(draft.record.hex())


def _seniors(life: Life) -> tuple[Member, Member]:
    others = [one for one in life.unit.members if one.staff != life.com.staff]
    senior, chief = life.chance.sample(others, 2)
    return senior, chief


def _signature(by: Member, grade: str, at_ms: int) -> dict[str, Any]:
    named = {"staff_id": by.staff_hex, "staff_name": by.name}
    return {"verdict": "RECALL", "grade": grade, **named, "signed_at": at_ms}
