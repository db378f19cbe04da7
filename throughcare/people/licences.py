"""The licence of a synthetic person: written outside, approved inside, and ended."""

from typing import Any, Final

import msgspec

from casework.reference.reader import codes
from casework.rules.rows import DAY_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

POLICY: Final = "4.0"
PREPARED_DAYS: Final = 45
PREPARED_AT: Final = (0.1, 0.5, 0.8)
"""Begun, submitted and approved: parts of those days, or of the time there is."""

ADDITIONAL_TEXTS: Final = {
    "52faefcf-15f0-42c5-b908-621b4a7ecdb9": "Stay at home between 19:00 and 07:00.",
    "4858cd8b-bca6-4f11-b6ee-439e27216d7d": "Do not approach or communicate with the victim.",
    "322bb3f7-2ee1-46aa-ae1c-3f743efd4327": "Attend the office to be tested for drugs as directed.",
}
BESPOKE_TEXTS: Final = (
    "Tell the supervising officer of any new relationship.",
    "Do not enter the retail park without the supervising officer's leave.",
)


class Making(msgspec.Struct, frozen=True):
    """Of which sentence a licence is made, of which kind, and who approves it."""

    sentence: str
    kind: str
    prison: Member


class MadeLicence(msgspec.Struct, frozen=True):
    """A licence as it was first written, and the state it is in."""

    draft: WrittenDraft
    state: str


def prepare(
    life: Life, begins_ms: int, release_ms: int, ends_ms: int, made: Making
) -> MadeLicence | None:
    """The community officer writes it and the prison approves it; None where no time is left."""
    first_ms = max(begins_ms, release_ms - PREPARED_DAYS * DAY_MS)
    begun_ms, submitted_ms, approved_ms = (
        first_ms + int((release_ms - first_ms) * part) for part in PREPARED_AT
    )
    content = _content(life, release_ms, ends_ms)
    values = {
        "licence_kind": made.kind,
        "licence_type": "AP",
        "licence": None,
        "sentence": made.sentence,
        "version": {"approved": False, "content": content},
        "status": _step(None, "IN_PROGRESS"),
    }
    pen = life.pen
    draft = pen.new("licence", begun_ms, values)
    if not pen.act(begun_ms, life.com, draft):
        return None
    pen.act(submitted_ms, life.com, pen.more(draft, {"status": _step("IN_PROGRESS", "SUBMITTED")}))
    approved = {
        "version": {"approved": True, "content": content},
        "status": _step("SUBMITTED", "APPROVED"),
        "approved_by": made.prison.name,
    }
    pen.act(approved_ms, made.prison, pen.more(draft, approved))
    return MadeLicence(draft, "APPROVED")


def activate(life: Life, licence: MadeLicence | None, at_ms: int, by: Member) -> MadeLicence | None:
    """It is in force from release."""
    if licence is None:
        return None
    version = {**licence.draft.values["version"], "approved": True}
    return _go(life, licence, at_ms, by, state="ACTIVE", version=version)


def end(life: Life, licence: MadeLicence | None, at_ms: int, by: Member, why: str) -> None:
    """It has run out, or recall ended it."""
    state = "INACTIVE" if why == "EXPIRED" else "RECALLED"
    _go(life, licence, at_ms, by, state=state, ended_for=why)


def _go(
    life: Life,
    licence: MadeLicence | None,
    at_ms: int,
    by: Member,
    *,
    state: str,
    **values: Any,
) -> MadeLicence | None:
    if licence is None:
        return None
    step: dict[str, Any] = {"status": _step(licence.state, state), **values}
    life.pen.act(at_ms, by, life.pen.more(licence.draft, step))
    return MadeLicence(licence.draft, state)


def _content(life: Life, release_ms: int, ends_ms: int) -> dict[str, Any]:
    additional = [
        {"code": code, "text": text} for code, text in ADDITIONAL_TEXTS.items() if life.happens(0.3)
    ]
    return {
        "number": 1,
        "policy_version": POLICY,
        "starts_on": day_of(release_ms),
        "ends_on": day_of(ends_ms),
        "standard": list(codes("licence_standard_conditions")),
        "additional": additional,
        "bespoke": [life.chance.choice(BESPOKE_TEXTS)] if life.happens(0.15) else [],
    }


def _step(before: str | None, after: str) -> dict[str, str | None]:
    return {"from": before, "to": after}
