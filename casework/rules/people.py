"""Who a person is, of all that was said: the name and the birthday to show, and what to doubt.

Assertions are never overwritten, so one is preferred: the legal name before an alias, then the
stronger source, then the later day. Two different dates of birth are S2, since the wrong person
may be in front of the officer. One identifier on two people is S2, and S1 where one of them is in
custody; it proposes a link and never makes one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from casework.reference.reader import codes
from casework.rules.rows import Finding, Row, gathered_structs, is_closed, read_day
from sync_protocol.ids import SubjectId
from sync_protocol.policy import Severity

UNRANKED: Final = 99
SHARED_BY_MANY: Final = frozenset({"HOREF", "ASN", "LIDS"})
"""Identifiers of a case or an arrest: two people may truly have the same."""


def preferred(assertions: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The assertion of the strongest source, then of the latest day; None where there is none."""
    return next(iter(by_preference(assertions)), None)


def by_preference(assertions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All of them, the preferred first; the same order whatever order they come in."""
    latest_first = sorted(assertions, key=_as_text, reverse=True)
    return sorted(latest_first, key=lambda one: source_rank(str(one.get("source", ""))))


def preferred_name(person: Row | None) -> Mapping[str, Any] | None:
    """The legal name of the strongest source, or an alias where nobody gave a legal one."""
    ordered = by_preference(gathered_structs(person, "names"))
    return next(
        (name for name in ordered if name.get("kind") == "legal"), next(iter(ordered), None)
    )


def aliases(person: Row | None) -> tuple[str, ...]:
    """Every other name given, once, the likeliest first."""
    shown = display_name(person)
    names = [_in_words(name) for name in by_preference(gathered_structs(person, "names"))]
    return tuple(name for name in dict.fromkeys(names) if name != shown)


def display_name(person: Row | None) -> str:
    """The preferred name, family name first: `Smith, John Paul`; says so where none was given."""
    name = preferred_name(person)
    return _in_words(name) if name is not None else "Name not known"


def date_of_birth(person: Row | None) -> str | None:
    """The preferred date of birth; None where nobody gave one."""
    chosen = preferred(gathered_structs(person, "date_of_birth"))
    return str(chosen["value"]) if chosen is not None else None


def age_on(born: str, day: str) -> int | None:
    """Whole years lived by a day; None where either is no day, or the birth comes after it.

    Somebody born on 29 February is a year older on 1 March of a common year, as the law has it.
    """
    birth, today = read_day(born), read_day(day)
    if birth is None or today is None or birth > today:
        return None
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def preferred_value(person: Row | None, field: str) -> str | None:
    """The preferred code of a gathered field such as `sex`; None where nobody gave one."""
    chosen = preferred(gathered_structs(person, field))
    return str(chosen["value"]) if chosen is not None else None


def person_findings(person: Row) -> tuple[Finding, ...]:
    """What is doubtful about who this is."""
    born = {str(one.get("value")) for one in gathered_structs(person, "date_of_birth")}
    if len(born) < 2:
        return ()
    words = (
        f"Sources give {len(born)} different dates of birth. Check the person's identity before "
        "acting on either."
    )
    return (Finding("dates_of_birth_differ", "S2", words, (person.key.subjects[0],)),)


def duplicates(
    identifiers: Iterable[Row],
    *,
    is_in_custody: Callable[[SubjectId], bool],
    is_one: Callable[[SubjectId, SubjectId], bool],
) -> tuple[Finding, ...]:
    """Where one identifier is on two people who are not linked yet, a finding for each pair.

    `is_one` says of two people whether somebody has already judged them to be one, or not one.
    """
    found: dict[tuple[SubjectId, SubjectId], Finding] = {}
    for (identifier_type, _), holders in _holders(identifiers).items():
        for pair in _pairs(holders):
            if pair in found or is_one(*pair):
                continue
            found[pair] = _duplicate(identifier_type, pair, is_in_custody)
    return tuple(
        found[pair] for pair in sorted(found, key=lambda pair: (found[pair].severity, pair))
    )


def source_rank(source: str) -> int:
    """The place of a source, 1 the strongest; a source nobody ranked comes last."""
    known = codes("assertion_sources").get(source)
    return int(known.columns.get("rank") or UNRANKED) if known is not None else UNRANKED


def _as_text(one: Mapping[str, Any]) -> tuple[str, str]:
    return (str(one.get("asserted_on", "")), repr(sorted(one.items(), key=lambda item: item[0])))


def _in_words(name: Mapping[str, Any]) -> str:
    given = " ".join(str(name[part]) for part in ("first", "middle") if name.get(part))
    return ", ".join(part for part in (str(name.get("last") or ""), given) if part)


def _holders(identifiers: Iterable[Row]) -> dict[tuple[str, str], list[SubjectId]]:
    holders: dict[tuple[str, str], list[SubjectId]] = {}
    for row in identifiers:
        identifier_type = str(row.values.get("type"))
        is_flawed = row.values.get("check") == "invalid"
        if is_closed(row) or is_flawed or identifier_type in SHARED_BY_MANY:
            continue
        value = str(row.values.get("value", "")).replace(" ", "").upper()
        holders.setdefault((identifier_type, value), []).append(row.key.subjects[0])
    return holders


def _pairs(holders: Sequence[SubjectId]) -> list[tuple[SubjectId, SubjectId]]:
    people = sorted(set(holders))
    return [(one, other) for at, one in enumerate(people) for other in people[at + 1 :]]


def _duplicate(
    identifier_type: str,
    pair: tuple[SubjectId, SubjectId],
    is_in_custody: Callable[[SubjectId], bool],
) -> Finding:
    severity: Severity = "S1" if any(is_in_custody(person) for person in pair) else "S2"
    name = codes("person_identifiers").get(identifier_type)
    words = (
        f"The same {name.description if name is not None else identifier_type} is recorded for "
        "two people. They may be one person recorded twice, or one number may be wrong."
    )
    return Finding("duplicate_identifier", severity, words, pair)
