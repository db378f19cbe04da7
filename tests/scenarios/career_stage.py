"""Plays a whole sentence: what five nodes write of one person, and every rule that answers.

Its stories have a time of their own: `On day 3 at 10:05` is three days into the story, by the clock
of England and of every node. What findings there are and what is due is asked of that moment.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from casework.records import REGISTRY
from casework.rules.custody_of_person import custody_of_person, due_of_custody, findings_of_custody
from casework.rules.due import Due
from casework.rules.interventions_due import due_of_interventions, findings_of_interventions
from casework.rules.officers import due_of_officer, findings_of_officer
from casework.rules.probation import due_of_probation, findings_of_probation
from casework.rules.rows import LONDON, Finding, day_of
from casework.rules.safety import due_of_safety, findings_of_safety
from casework.rules.spine import due_of_spine, findings_of_spine
from sync_protocol.author import Draft
from sync_protocol.ids import RecordId, SubjectId, uuid7
from sync_protocol.io.reading import Shown
from sync_protocol.io.system_clock import system_chance
from tests.scenarios import career_values as values_of
from tests.scenarios.stage import CODE, NAME, SENTENCES, Stage

FIRST: Final = date(2026, 1, 12)
"""The day 0 of every story, a Monday, so that working days fall alike whenever it is played."""

NODES: Final = ("LEI", "MDI", "HLI", "N55LEE")

Rows = Mapping[str, Sequence[Shown]]
Found = Callable[[Rows, str, int], tuple[Finding, ...]]
Dues = Callable[[Rows, str, int], tuple[Due, ...]]
FINDINGS: Final[tuple[Found, ...]] = (
    findings_of_spine,
    findings_of_custody,
    findings_of_officer,
    findings_of_probation,
    findings_of_interventions,
    findings_of_safety,
)
DUES: Final[tuple[Dues, ...]] = (
    due_of_spine,
    due_of_custody,
    due_of_officer,
    due_of_probation,
    due_of_interventions,
    due_of_safety,
)


class StoryClock:
    """The time of a story, the same at every node."""

    def __init__(self) -> None:
        """Long before the story."""
        self.story_ms = 0

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return self.story_ms


class CareerStage(Stage):
    """A stage whose people live through a sentence; every rule that fires must be told."""

    def __init__(self, folder: Path) -> None:
        """Four offices and the centre; nothing has fired."""
        self.clock = StoryClock()
        super().__init__(folder, list(NODES), self.clock)
        self.set_time("0", "09:00")
        self.release_on = ""
        self.made: dict[str, Draft] = {}
        self.fired: set[str] = set()
        self.told: set[str] = set()

    def sentences(self) -> list[tuple[str, Callable[..., None]]]:
        """Those of a sentence, then those of any story."""
        return [*CAREER_SENTENCES, *SENTENCES]

    def play(self, line: str) -> None:
        """One line; whatever rule answers at any node is kept until the end of the story."""
        super().play(line)
        if not line.startswith((">", "On ")):
            for code in ("CENTRE", *NODES):
                for name in self.people:
                    findings, due = self._answers(code, name)
                    self.fired |= {one.code for one in findings} | {one.code for one in due}

    def set_time(self, day: str, clock: str) -> None:
        """The story's time; it only goes forward."""
        moment = datetime.combine(self._date(day), time.fromisoformat(clock), LONDON)
        now_ms = round(moment.timestamp() * 1000)
        self._check(now_ms >= self.now_ms, "the story's time only goes forward")
        self.clock.story_ms = now_ms

    @property
    def now_ms(self) -> int:
        """The story's moment; every node lives by it."""
        return self.clock.story_ms

    def sentence(self, code: str, name: str, months: str, release: str, ends: str) -> None:
        """A court's sentence and its dates, both read by two people."""
        said = values_of.sentence(self._day(), int(months))
        self._new(code, name, "court_appearance", values_of.hearing(self._day(), self.now_ms))
        self._new(code, name, "sentence", said)
        self.release_on = self._date(release).isoformat()
        days = (self._day(-700), self.release_on, self._date(ends).isoformat())
        dates = values_of.key_dates(self._day(), days)
        self._write(code, self._single(name, "key_dates", dates))

    def recalculate(self, code: str, name: str, release: str) -> None:
        """After recall the dates are calculated anew."""
        ends = self._date(release).isoformat()
        dates = values_of.key_dates(self._day(), (self._day(-700), ends, ends), version=2)
        self._write(code, self._single(name, "key_dates", dates))

    def answer(self, code: str, name: str) -> None:
        """What the last enforcement asked is answered."""
        said = values_of.signed("Overslept; nothing more to say.", self.now_ms)
        self._more(code, name, "enforcement", {"response": said})

    def officer(self, code: str, name: str, officer: str, team: str, other: str | None) -> None:
        """Somebody is responsible from today, another perhaps supports."""
        assignment = values_of.assignment(officer, team, self._day(), other)
        self._write(code, self._single(name, "offender_manager", {"assignment": assignment}))

    def move(self, code: str, what: str, name: str, to: str | None) -> None:
        """A movement by its story word."""
        values = values_of.movement(what, code, to, self.now_ms)
        self._new(code, name, "movement", values)

    def take_in(self, code: str, name: str, how: str) -> None:
        """A reception; somebody new is first recorded."""
        if name not in self.people:
            self.people[name] = SubjectId(uuid7(self.now_ms, system_chance(10)))
            self._write(code, self._named(name))
        self._new(code, name, "movement", values_of.movement(how, code, None, self.now_ms))

    def release(self, code: str, name: str, reason: str) -> None:
        """The release itself, and how the person left; it names the recalls that were seen."""
        seen = [row.key.record.hex() for row in self._rows(code, name).get("recall", ())]
        about = {one: self._hex(one) for one in ("sentence", "licence")}
        if reason == "at the end of the sentence":
            about["licence"] = None
        self._new(code, name, "release", values_of.release(code, self.now_ms, about, seen))
        self.move(code, f"released {reason}", name, None)

    def absence(self, code: str, name: str, to: str) -> None:
        """A day out is authorised and approved."""
        values = values_of.absence(code, (self._day(), self._day(int(to))), self.now_ms)
        self._new(code, name, "temporary_absence", values)

    def programme(self, code: str, name: str) -> None:
        """A programme, from referral to the first day of it."""
        self._new(code, name, "programme", values_of.programme(code))
        for before, after in values_of.PROGRAMME_STEPS:
            self._more(code, name, "programme", {"status": {"from": before, "to": after}})

    def session(self, code: str, name: str) -> None:
        """A session of the programme is held here."""
        self._more_of(code, name, "programme", {"delivered_at": code})
        values = values_of.session(code, self._hex("programme"), self.now_ms)
        self._new(code, name, "intervention_session", values)

    def finish(self, code: str, name: str) -> None:
        """The programme is complete."""
        done = {"status": {"from": "ON_PROGRAMME", "to": "PROGRAMME_COMPLETE"}}
        self._more(code, name, "programme", done)

    def hand_over(self, code: str, name: str) -> None:
        """Every tick of the checklist, the meeting, and that the community took over."""
        self._write(code, self._single(name, "handover", values_of.handover(self._day())))

    def licence(self, code: str, name: str, state: str) -> None:
        """The licence goes a step on; the first one writes it."""
        if "licence" not in self.made:
            made = values_of.licence(self.release_on, self._hex("sentence"))
            self._new(code, name, "licence", made)
            return
        self._more(code, name, "licence", values_of.licence_step(self.made, state))

    def visit(self, code: str, name: str, outcome: str) -> None:
        """A home visit, planned an hour before, and what came of it."""
        planned = values_of.appointment(code, self.now_ms, self._hex("sentence"))
        self._new(code, name, "appointment", planned)
        came = values_of.outcome(self._hex("appointment"), outcome, self.now_ms)
        self._new(code, name, "outcome", came)

    def enforce(self, code: str, name: str, action: str) -> None:
        """An enforcement action for the last appointment."""
        about = (self._hex("appointment"), self._hex("sentence"))
        self._new(code, name, "enforcement", values_of.enforcement(action, self._day(), about))

    def breach(self, code: str, name: str) -> None:
        """Breach proceedings begin."""
        self._new(code, name, "breach", values_of.breach(self._day(), self._hex("sentence")))

    def end_breach(self, code: str, name: str) -> None:
        """Recall ended the proceedings."""
        ended = {"end": {"code": "ERCL", "ended_on": self._day()}}
        self._more(code, name, "breach", ended)

    def recall(self, code: str, name: str) -> None:
        """Recall is decided and signed by both grades."""
        released = self._rows(code, name).get("release", ())
        release = released[-1].key.record.hex() if released else None
        self._new(code, name, "recall", values_of.recall(release, self.now_ms))
        for grade in ("SPO", "ACO"):
            signed = {"signature": values_of.signature(grade, self.now_ms)}
            self._more(code, name, "recall", signed)

    def send_recall(self, code: str, name: str) -> None:
        """The papers go to the casework section."""
        for before, after in values_of.RECALL_STEPS:
            self._more(code, name, "recall", {"stage": {"from": before, "to": after}})

    def close(self, code: str, name: str, kind: str) -> None:
        """A record is closed by somebody who saw it."""
        self._more(code, name, kind, {"status": "closed"})

    def finds(self, code: str, negation: str | None, rule: str, name: str, *words: str) -> None:
        """Whether a rule answers at a node now, and what it tells staff."""
        findings, _ = self._answers(code, name)
        told = [one.words for one in findings if one.code == rule]
        self._check(bool(told) == (negation is None), f"{code} finds {_codes(findings)}")
        if words and words[0]:
            self._check(any(words[0] in one for one in told), f"{code} is told: {told}")
        if negation is None:
            self.told.add(rule)

    def has_due(self, code: str, negation: str | None, rule: str, name: str) -> None:
        """Whether something is due at a node now."""
        _, due = self._answers(code, name)
        self._check((rule in _codes(due)) == (negation is None), f"{code} has due {_codes(due)}")
        if negation is None:
            self.told.add(rule)

    def is_so(self, name: str, status: str, place: str | None, code: str) -> None:
        """Where custody has the person."""
        state = custody_of_person(self._rows(code, name), now_ms=self.now_ms)
        wanted = (status.replace(" ", "_"), place)
        self._check((state.status, state.place) == wanted, f"{code}: {state.status}, {state.place}")

    def same_story(self, code: str, name: str) -> None:
        """A node tells the same of a person as the centre, rule by rule and row by row."""
        own, central = (self._story(one, name) for one in (code, "CENTRE"))
        apart = [kind for kind in central[1] if own[1].get(kind) != central[1][kind]]
        self._check(own == central, f"{code} tells otherwise of {apart}: {own[0]}")

    def all_told(self) -> None:
        """No rule fired that the story does not tell."""
        self._check(not self.fired - self.told, f"also fired: {sorted(self.fired - self.told)}")

    def _story(self, code: str, name: str) -> tuple[Any, dict[str, list[Any]]]:
        rows = self._rows(code, name)
        shown = {kind: [row.values for row in found] for kind, found in rows.items()}
        return self._answers(code, name), shown

    def _answers(self, code: str, name: str) -> tuple[tuple[Finding, ...], tuple[Due, ...]]:
        rows = self._rows(code, name)
        day = day_of(self.now_ms)
        findings = tuple(one for find in FINDINGS for one in find(rows, day, self.now_ms))
        return findings, tuple(one for due in DUES for one in due(rows, day, self.now_ms))

    def _rows(self, code: str, name: str) -> dict[str, list[Shown]]:
        person = self.people[name]
        with self.world.node(code).store.reading() as reading:
            rows = {kind: list(reading.records(kind, person)) for kind in REGISTRY.kinds}
        return {kind: sorted(found, key=_by_record) for kind, found in rows.items() if found}

    def _new(self, code: str, name: str, kind: str, values: dict[str, Any]) -> None:
        record = RecordId(uuid7(self.now_ms, system_chance(10)))
        subjects = (self.people[name],)
        draft = Draft(
            kind=kind, subjects=subjects, record=record, values=values, happened_at=self.now_ms
        )
        self._write(code, draft)
        self.made[kind] = draft

    def _more(self, code: str, name: str, kind: str, values: dict[str, Any]) -> None:
        made = self.made[kind]
        draft = Draft(
            kind=kind,
            subjects=(self.people[name],),
            record=made.record,
            values=values,
            happened_at=self.now_ms,
        )
        self._write(code, draft)

    def _more_of(self, code: str, name: str, kind: str, values: dict[str, Any]) -> None:
        """Only what is not shown already."""
        shown = next(row for row in self._rows(code, name)[kind])
        if any(shown.values[field] != value for field, value in values.items()):
            self._more(code, name, kind, values)

    def _hex(self, kind: str) -> str | None:
        return self.made[kind].record.hex() if kind in self.made else None

    def _date(self, day: str) -> date:
        return FIRST + timedelta(days=int(day))

    def _day(self, ahead: int = 0) -> str:
        today = date.fromisoformat(day_of(self.now_ms))
        return (today + timedelta(days=ahead)).isoformat()


def _codes(found: Sequence[Finding] | Sequence[Due]) -> list[str]:
    return sorted({one.code for one in found})


def _by_record(row: Shown) -> bytes:
    return row.key.record


CAREER_SENTENCES: list[tuple[str, Callable[..., None]]] = [
    (r"On day (\d+) at (\d\d:\d\d)", CareerStage.set_time),
    (rf"{CODE} takes {NAME} in, (from court|from another prison|on recall)", CareerStage.take_in),
    (
        rf"{CODE} records the sentence of {NAME}: (\d+) months, out day (\d+), over day (\d+)",
        CareerStage.sentence,
    ),
    (
        rf"{CODE} makes responsible for {NAME}: (\w+) at (\w+)(?:, supported by (\w+))?",
        CareerStage.officer,
    ),
    (rf"{CODE} (sends|lets out|has back) {NAME}(?: to (\w+))?", CareerStage.move),
    (rf"{CODE} releases {NAME} (on licence|at the end of the sentence)", CareerStage.release),
    (rf"{CODE} authorises days out of {NAME} for (\d+) days", CareerStage.absence),
    (rf"{CODE} begins a programme with {NAME}", CareerStage.programme),
    (rf"{CODE} holds a session with {NAME}", CareerStage.session),
    (rf"{CODE} finishes the programme with {NAME}", CareerStage.finish),
    (rf"{CODE} hands {NAME} over", CareerStage.hand_over),
    (rf"{CODE} brings the licence of {NAME} to (\w+)", CareerStage.licence),
    (rf"{CODE} visits {NAME} at home: (\w+)", CareerStage.visit),
    (rf"{CODE} enforces against {NAME}: (\w+)", CareerStage.enforce),
    (rf"{CODE} has an answer of {NAME}", CareerStage.answer),
    (rf"{CODE} calculates anew for {NAME}: out day (\d+)", CareerStage.recalculate),
    (rf"{CODE} begins breach of {NAME}", CareerStage.breach),
    (rf"{CODE} ends breach of {NAME}", CareerStage.end_breach),
    (rf"{CODE} decides to recall {NAME}", CareerStage.recall),
    (rf"{CODE} sends the recall of {NAME}", CareerStage.send_recall),
    (rf"{CODE} closes of {NAME}: (\w+)", CareerStage.close),
    (rf"> {CODE} finds (no )?(\w+) of {NAME}(?:: (.+))?", CareerStage.finds),
    (rf"> {CODE} has due (no )?(\w+) of {NAME}", CareerStage.has_due),
    (
        rf"> {NAME} is (in \w+|unlawfully at large)(?: at (\w+))? as {CODE} shows",
        CareerStage.is_so,
    ),
    (rf"> {CODE} tells the same story of {NAME} as the centre", CareerStage.same_story),
    (r"> every rule that fired is told", CareerStage.all_told),
]
