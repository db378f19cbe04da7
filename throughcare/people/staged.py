"""What a demonstration shows though chance may not bring it about: somebody on the way between two
prisons, somebody who is perhaps known already, somebody in care, and three disagreements.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from casework.rules.rows import DAY_MS, HOUR_MS, MINUTE_MS
from throughcare.people import custody, identity, incidents, prison_days
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Offices, Site
from throughcare.people.pen import WrittenAct, WrittenDraft

LEFT_MS: Final = 90 * MINUTE_MS
RECEIVED_MS: Final = 3 * HOUR_MS
CARED_FOR_MS: Final = 2 * DAY_MS
WROTE_MS: Final = (50 * MINUTE_MS, 20 * MINUTE_MS)
"""How long ago the prison and the unit wrote what neither had seen of the other."""

ALERT_DAYS: Final = (60, 10)
HIGHER: Final = "Said on the wing whom he will look for once he is out."
LOWER: Final = "Kept every appointment before the recall; nothing new since."

Fits = Callable[[Life], bool]


def stage(
    lives: Sequence[Life], offices: Offices, chance: Random, now_ms: int
) -> tuple[WrittenAct, ...]:
    """Brings it about, as far as there are people for it; returns what offices wrote unseen."""
    waiting = chance.sample(lives, len(lives))
    here = _Whereabouts(now_ms)
    unseen: list[WrittenAct] = []
    for disagree in (_of_an_alert, _of_risk, _of_the_officer):
        fits = here.is_alerted if disagree is _of_an_alert else here.is_shared
        if (one := _taken(waiting, fits)) is not None:
            unseen += disagree(one, here.prison(one), now_ms)
    local = offices.by_purpose["local"][0]
    others = [site for site in offices.by_purpose["training"] if site.code != local.code][:1]
    for site in (local, *others):
        if (one := _taken(waiting, here.is_at(site))) is not None:
            incidents.take_care(one, now_ms - CARED_FOR_MS, site, now_ms + 30 * DAY_MS)
    for site in others:
        if (one := _taken(waiting, here.is_at(site))) is not None:
            _send(one, site, local, now_ms - LEFT_MS)
    if (one := _taken(waiting, _is_on_an_order)) is not None:
        _receive_again(one, local, now_ms - RECEIVED_MS)
    return tuple(unseen)


class _Whereabouts:
    """Who is where as the demonstration begins."""

    def __init__(self, now_ms: int) -> None:
        self._last_ms = now_ms - 1

    def prison(self, life: Life) -> Site:
        """Where somebody is who is in prison."""
        site = life.prison_at(self._last_ms)
        assert site is not None, "whoever is asked about is in prison"
        return site

    def is_at(self, site: Site) -> Fits:
        """Whether somebody has been in this prison for some days."""

        def fits(life: Life) -> bool:
            before_ms = self._last_ms - CARED_FOR_MS
            return life.prison_at(self._last_ms) is life.prison_at(before_ms) is site

        return fits

    def is_shared(self, life: Life) -> bool:
        """Whether a prison has the person and the community leads: two offices write of them."""
        return life.prison_at(self._last_ms) is not None and _leader(life) == life.unit.code

    def is_alerted(self, life: Life) -> bool:
        """Whether besides something must be known of the person."""
        return self.is_shared(life) and bool(life.alerts)


def _is_on_an_order(life: Life) -> bool:
    return life.habit == "order" and not life.is_female


def _leader(life: Life) -> str | None:
    """The office of whoever was named responsible last."""
    named = [
        (act.at_ms, draft.values["assignment"]["team"])
        for act in life.pen.acts
        for draft in act.drafts
        if draft.kind == "offender_manager"
    ]
    return max(named)[1] if named else None


def _taken(waiting: list[Life], fits: Fits) -> Life | None:
    """The first whom it fits, who is then no longer waiting for anything else."""
    one = next((life for life in waiting if fits(life)), None)
    if one is not None:
        waiting.remove(one)
    return one


def _of_risk(life: Life, prison: Site, now_ms: int) -> list[WrittenAct]:
    said = ((prison.members[0], "very_high", HIGHER), (life.com, "medium", LOWER))
    return [
        _act(by, now_ms - ago_ms, life.pen.single("risk", _risk(by, level, text, now_ms - ago_ms)))
        for (by, level, text), ago_ms in zip(said, WROTE_MS, strict=True)
    ]


def _risk(by: Member, level: str, text: str, at_ms: int) -> dict[str, Any]:
    return {"public_community": level, "grounds": by.signed(text, at_ms)}


def _of_an_alert(life: Life, prison: Site, now_ms: int) -> list[WrittenAct]:
    """Until when an alert is to stand."""
    draft = next(iter(life.alerts.values()))[0]
    wrote = zip((prison.members[0], life.com), ALERT_DAYS, WROTE_MS, strict=True)
    return [
        _act(
            by, now_ms - ago_ms, life.pen.more(draft, {"active_to": day_of(now_ms + days * DAY_MS)})
        )
        for by, days, ago_ms in wrote
    ]


def _of_the_officer(life: Life, prison: Site, now_ms: int) -> list[WrittenAct]:
    """Who leads: each office names one of its own."""
    others = [one for one in life.unit.members if one is not life.com]
    named = ((prison.members[-1], "prison"), (others[0], "community"))
    return [
        _act(by, now_ms - ago_ms, life.pen.single("offender_manager", _assigned(by, side, now_ms)))
        for (by, side), ago_ms in zip(named, WROTE_MS, strict=True)
    ]


def _assigned(by: Member, side: str, now_ms: int) -> dict[str, Any]:
    lead = {**by.named(), "side": side, "effective_from": day_of(now_ms), "supporting": None}
    return {"assignment": lead}


def _act(by: Member, at_ms: int, draft: WrittenDraft) -> WrittenAct:
    return WrittenAct(at_ms, by.office, by.staff, (draft,))


def _send(life: Life, here: Site, there: Site, at_ms: int) -> None:
    """The person has left one prison and is awaited at the other."""
    sender = life.chance.choice(here.members)
    prison_days.let_go(life, at_ms, sender)
    move = ("TRN", "NOTR", "OUT")
    custody.pass_gate(life, at_ms, sender, move, (here.code, there.code))


def _receive_again(life: Life, prison: Site, at_ms: int) -> None:
    """The prison takes in somebody under another name whose police number is known already."""
    known = next(
        draft.values
        for act in life.pen.acts
        for draft in act.drafts
        if draft.kind == "identifier" and draft.values["type"] == "PNC"
    )
    by = life.chance.choice(prison.members)
    identity.received_as_another(life, at_ms, by)
    again = {**known, "source": "PRISON", "first_seen": day_of(at_ms)}
    life.pen.act(at_ms, by, life.pen.new("identifier", at_ms, again))
    custody.receive(life, at_ms, prison, "N")
