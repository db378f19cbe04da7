"""One form made from the Registry at work: which parts it has, and what its answers come to."""

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from casework.access.actions import readable_fields
from casework.desk import unread
from casework.desk.desk import usual_source
from casework.desk.entries import Entry
from casework.desk.entry import HAPPENED, checked_values
from casework.desk.people import search
from casework.desk.person import PersonMatch
from casework.desk.reading_lock import is_locked
from casework.desk.records import RecordView, read_all
from casework.desk.value_words import sentence_case
from casework.desk.whole import readable_kinds
from casework.records.shapes import Member, field_shape
from casework.rules.rows import day_of
from casework.web.forms import Choice, Field
from casework.web.made.answers import Answers, Filling, filled_in
from casework.web.made.parts import (
    Part,
    is_changed,
    is_lowered,
    part_faults,
    part_fields,
    part_shown,
    part_value,
)
from casework.web.made.questions import Known, is_filled_in
from casework.web.made.stands import named_in, offering, standing_words
from casework.web.pages.asking import now_values, staff_choices
from casework.web.shown.kinds import record_title, writable
from casework.web.shown.named import NamedPerson, namer, person_answers
from casework.web.visit import Visit
from casework.web.words import day, listed
from sync_protocol.errors import InvalidValue, NotFound, Refused
from sync_protocol.ids import ID_BYTES, SubjectId
from sync_protocol.policy import OPEN, ForwardMost, OpenClose
from sync_protocol.schema import FieldSpec, Kind

CALLED: Final = {"intervention": ("referral", "programme"), "reviewed": ("assessment",)}
"""Members that are not named as the kind to which they refer."""

NAMED_LAST: Final = re.compile(r" \((\w+)\)$")
PRISON: Final = "prison"
OTHER: Final = "other_person"
LOWER: Final = "lowered_on_purpose"
TO_BE_LOWERED: Final = Field(
    name=LOWER,
    label="I am lowering it on purpose",
    kind="checkbox",
    is_required=False,
    hint="Tick only if something goes down. What goes up needs no tick.",
    section="If you lower anything",
)
OTHER_PERSON: Final = Field(
    name=OTHER,
    label="The other person",
    hint="Their prison number, CRN or another number recorded here.",
    when_missing="Enter a number of the other person",
)


class Made(msgspec.Struct, frozen=True):
    """A form for one record of a kind: a new one, or one that is there.

    `entries` are what stands beside one another in it; `entry` the one that alone is put right.
    """

    visit: Visit
    person: SubjectId
    kind: Kind
    record: RecordView | None = None
    entries: tuple[Entry, ...] = ()
    entry: Entry | None = None
    is_unread: bool = False
    """Whether nothing of the person may be shown: then no record of theirs is offered."""

    def name_of(self, hexed: str) -> NamedPerson:
        """Whom an id in the record means."""
        return namer(self.visit)(hexed)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The fields that may be given here, in the order declared; those of many answers last."""
        names = tuple(self.kind.fields)
        parts = [self._part(spec) for spec in self._specs() if not is_filled_in(spec.name, names)]
        asked = [one for one in parts if one.is_asked]
        return tuple(sorted(asked, key=lambda one: one.is_wide))

    def _specs(self) -> tuple[FieldSpec, ...]:
        """The fields that may be written here; of a record that is there, those also read here.

        What somebody may not see they cannot answer anew: the answer would replace it unseen.
        """
        visit, specs = self.visit, writable(self.kind, self.visit.desk.place.kind)
        if self.record is None:
            return specs
        readable = readable_fields(self.kind, visit.caller, visit.desk.place.kind)
        one = self.entry.field if self.entry is not None else None
        return tuple(spec for spec in specs if spec.name in readable and one in {None, spec.name})

    def _part(self, spec: FieldSpec) -> Part:
        shown = self.record.values if self.record is not None else {}
        drafts = [one.value for one in self.entries if one.field == spec.name]
        return Part(
            self.kind.name,
            spec,
            is_new=self.record is None,
            shows=shown.get(spec.name),
            entry=self.entry.value if self.entry is not None else None,
            draft=drafts[-1] if drafts and not spec.is_gathered else None,
        )

    def fields(self) -> tuple[Field, ...]:
        """Every question."""
        known = self._known()
        other = (OTHER_PERSON,) if self.kind.is_pair and self.record is None else ()
        words, answers = self._standing_words(), self.opening() if self.record is not None else {}
        people = self._people()
        found = tuple(
            offering(_naming(field, people), answers, words)
            for part in self.parts
            for field in part_fields(part, known)
        )
        lower = (TO_BE_LOWERED,) if self._can_lower() else ()
        return (*other, *found, *lower)

    def _standing_words(self) -> dict[str, str]:
        """What each answer says that a list might not offer, by its question."""
        return {
            name: words
            for part in self.parts
            for name, words in standing_words(part.shape, part.name, part.opens).items()
        }

    def opening(self) -> dict[str, str]:
        """The answers with which the form opens."""
        if self.record is None:
            is_told_now = any(part.name == HAPPENED for part in self.parts)
            now = now_values(self.visit) if is_told_now else {}
            return {
                **{f"{HAPPENED}.{name}": one for name, one in now.items()},
                **self._at_this_place(),
            }
        shown = {name: one for part in self.parts for name, one in part_shown(part).items()}
        numbers = {name: one.number for name, (_, one) in self._people().items() if one.number}
        return {**shown, **numbers}

    def _people(self) -> dict[str, tuple[str, NamedPerson]]:
        """Whom the questions open with, by question: the id, and who that is."""
        name_of = namer(self.visit)
        return {
            name: (hexed, name_of(hexed))
            for part in self.parts
            for name, hexed in person_answers(part.shape, part.name, part.opens)
        }

    def _with_ids(self, answers: Answers) -> Answers:
        """The answers; whoever was left as shown stays, though others have that number by now."""
        left = {
            name: hexed
            for name, (hexed, one) in self._people().items()
            if one.number and answers.get(name) == one.number
        }
        return {**answers, **left}

    def _at_this_place(self) -> dict[str, str]:
        """A prison's own name where a new record asks which prison: hardly ever is it another."""
        place = self.visit.desk.place
        asked = [one for one in self.parts if one.name == PRISON and one.shape.sort == "choice"]
        return {PRISON: place.code} if asked and place.kind == "prison" else {}

    def faults(self, answers: Answers) -> dict[str, str]:
        """What is wrong with the answers, by the question to put right."""
        filling, answers = self._filling(), self._with_ids(answers)
        faults = {
            name: words
            for part in self.parts
            for name, words in part_faults(part, answers, filling).items()
        }
        if self.kind.is_pair and self.record is None and not self._other(answers):
            faults[OTHER] = "Nobody known here, or more than one, has this number"
        if faults:
            return faults
        values = self.values(answers)
        if not values:
            first = next(field.name for field in self.fields())
            return {first: "Nothing is changed: change something, or go back"}
        return self._lowered(values, answers) or self._refused(values)

    def values(self, answers: Answers) -> dict[str, Any]:
        """What is to be written: of a record that is there, only what was changed."""
        filling, answers = self._filling(), self._with_ids(answers)
        given: dict[str, Any] = {}
        for part in self.parts:
            value = part_value(part, answers, filling)
            if self.record is None and (value is not None or part.shape.may_be_none):
                given[part.name] = value
            elif self.record is not None and is_changed(part, answers):
                is_step = isinstance(part.spec.rule.policy, ForwardMost)
                given |= {} if value is None and is_step else {part.name: value}
        return {**given, **self._of_the_desk(given, filling)} if given else {}

    def other(self, answers: Answers) -> SubjectId | None:
        """The second person of a pair."""
        is_asked = self.kind.is_pair and self.record is None
        return SubjectId(bytes.fromhex(self._other(answers))) if is_asked else None

    def _other(self, answers: Answers) -> str:
        found = person_numbered(self.visit, answers.get(OTHER, ""))
        return "" if found == self.person.hex() else found

    def _of_the_desk(self, given: Mapping[str, Any], filling: Filling) -> dict[str, Any]:
        """What nobody is asked: names of staff chosen, and that what is new is open."""
        specs = writable(self.kind, self.visit.desk.place.kind)
        members = tuple(Member(one.name, field_shape(one), one.is_required) for one in specs)
        known = filled_in(members, given, filling)
        if self.record is not None:
            return {name: one for name, one in known.items() if name in _beside(given)}
        opened = {
            one.name: OPEN
            for one in specs
            if isinstance(one.rule.policy, OpenClose) and one.is_required
        }
        return {**known, **opened}

    def _lowered(self, values: Mapping[str, Any], answers: Answers) -> dict[str, str]:
        lowered = [
            part.label.lower()
            for part in self.parts
            if part.name in values and is_lowered(part, values[part.name])
        ]
        if not lowered or answers.get(LOWER) == "yes":
            return {}
        return {LOWER: f"This lowers {listed(lowered)}. Tick if you mean it"}

    def _can_lower(self) -> bool:
        return any(part.is_lowerable for part in self.parts)

    def _refused(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What the desk would say of these values, tied to its question."""
        desk, caller = self.visit.desk, self.visit.caller
        try:
            checked = checked_values(desk, caller, self.kind, values)
            is_new = self.record is None
            whole = {**checked, **self._opened()} if is_new else checked
            desk.registry.check_values(self.kind.name, whole, is_new=is_new)
        except InvalidValue as fault:
            return self._tied(fault.detail)
        except Refused as fault:
            sentence = (type(fault).__doc__ or "").strip().splitlines()[0]
            return {"": f"{sentence} {fault.detail} {fault.hint}".strip()}
        return {}

    def _opened(self) -> dict[str, str]:
        field = self.kind.open_close_field
        return {field: OPEN} if field is not None and self.kind.fields[field].is_required else {}

    def _tied(self, detail: str) -> dict[str, str]:
        """The words of each fault at the first question of its field; the others on top."""
        fields = self.fields()
        faults: dict[str, str] = {}
        for one in detail.split("; "):
            name, _, words = one.removeprefix(f"{self.kind.name}: ").partition(": ")
            named = NAMED_LAST.search(one)
            if named is not None:
                # The desk says which field it means at the end: "say where it is (place)".
                name, words = named[1], NAMED_LAST.sub("", one.removeprefix(f"{self.kind.name}: "))
            asked = [field for field in fields if field.name.split(".")[0] == name]
            place = asked[0].name if asked else ""
            told = words or one
            faults[place] = f"{asked[0].said}: {told}" if asked else sentence_case(one)
        return faults

    def _known(self) -> Known:
        # Every row of a question asks for the same records.
        return Known(staff=staff_choices(self.visit), records=functools.cache(self._records))

    def _records(self, member: str) -> tuple[Choice, ...]:
        """The person's records of the kind that a member is named after; none refers to itself."""
        if self.is_unread:
            return ()
        own = self.record.record if self.record is not None else None
        kinds = self.visit.desk.registry.kinds
        readable = readable_kinds(self.visit.desk, self.visit.caller)
        named = CALLED.get(member) or tuple(kind for kind in kinds if member == kind)
        named = named or tuple(kind for kind in kinds if member.endswith(f"_{kind}"))
        return tuple(
            Choice(one.record.hex(), f"{record_title(kinds[kind], one)}, {day(one.happened_ms)}")
            for kind in named
            if kind in readable
            for one in read_all(self.visit.desk, self.visit.caller, self.person, kind)
            if one.record != own
        )

    def _filling(self) -> Filling:
        visit = self.visit
        named = [one for part in self.parts for one in named_in(part.opens)]
        here = staff_choices(visit)
        ids = {one.value for one in here}
        return Filling(
            author=visit.caller.display_name,
            now_ms=visit.now_ms,
            today=day_of(visit.now_ms),
            team=visit.desk.place.code,
            source=usual_source(visit.desk.place),
            staff=(*here, *(Choice(one.staff, one.name) for one in named if one.staff not in ids)),
            teams={one.staff: one.team for one in named if one.team and one.staff not in ids},
            person=lambda number: person_numbered(visit, number),
        )


def _naming(field: Field, people: Mapping[str, tuple[str, NamedPerson]]) -> Field:
    """The question, saying who it is whose number it opens with."""
    if field.name not in people:
        return field
    _, person = people[field.name]
    return msgspec.structs.replace(field, hint=f"Now: {person.words}. {field.hint}".strip())


def person_numbered(visit: Visit, number: str) -> str:
    """The id in hex of the one person known here by such a number; empty for none or several."""
    text = number.strip()
    if len(text) == 2 * ID_BYTES and all(one in "0123456789abcdef" for one in text):
        return text
    if not text:
        return ""
    if is_locked(visit.desk):
        return _numbered_unread(visit, text)
    found = search(visit.desk, visit.caller, text, limit=5).matches
    alike = [one for one in found if _has_number(one, text)]
    return alike[0].id.hex() if len(alike) == 1 else ""


def _numbered_unread(visit: Visit, number: str) -> str:
    try:
        return unread.person_numbered(visit.desk, visit.caller, number).hex()
    except NotFound:
        return ""


def _has_number(match: PersonMatch, number: str) -> bool:
    return any(one.value.casefold() == number.casefold() for one in match.identifiers)


def _beside(given: Mapping[str, Any]) -> set[str]:
    """The names of staff that go with the staff who were changed."""
    return {f"{name.removesuffix('_id')}_name" for name in given if name.endswith("_id")}
