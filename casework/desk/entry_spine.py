"""What is checked when somebody writes of identity, sentence, dates, court, addresses and tasks.

Each check says what to do. What came by sync is never refused, since `casework.rules` shows it;
what is typed here can still be put right by whoever has the paper in hand.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from casework.desk.desk import Desk, usual_source
from casework.reference.reader import codes
from casework.rules.key_dates import out_of_order, read_calculation
from casework.rules.people import age_on
from casework.rules.rows import day_of, read_day
from casework.rules.sentences import RESPONSIBLE_YEARS
from sync_protocol.errors import InvalidValue

Values = dict[str, Any]

AGE_YEARS_MAX: Final = 120
UNPAID_WORK_HOURS: Final = (40, 300)
"""No order is of fewer or more hours.

Not confirmed against the text: Sentencing Act 2020 Schedule 9 paragraph 2.
"""
ABSTINENCE_DAYS_MAX: Final = 120
"""Abstinence is monitored no longer.

Not confirmed against the text: Sentencing Act 2020 Schedule 9 paragraph 25.
"""

LENGTHS: Final = ("years", "months", "weeks", "days", "hours")
PHONE_DIGITS_MIN: Final = 7
CAUSE_BYTES: Final = 8

_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check_person(desk: Desk, values: Values) -> Values:
    """A date of birth is that of somebody a court could sentence, and nothing was said tomorrow."""
    today = day_of(desk.now_ms())
    born = _member(values, "date_of_birth", "value")
    if born is not None:
        _check_born(str(born), today)
    for field in values:
        for member in ("asserted_on", "taken_on"):
            _not_to_come("person", f"{field}: {member}", _member(values, field, member), today)
    return values


def check_address(desk: Desk, values: Values) -> Values:
    """Days in order, and a postcode that a letter would reach; in its one written form."""
    values = _with_usual(desk, values, "place")
    _in_order("address", values)
    postcode = _member(values, "place", "postcode")
    if isinstance(postcode, str):
        tidy = " ".join(postcode.upper().split())
        if not _POSTCODE.fullmatch(tidy):
            raise InvalidValue(
                f"address: {tidy[:12]!r} is not a postcode; correct it, or leave it out and write "
                "a foreign code into the county"
            )
        values = {**values, "place": {**values["place"], "postcode": tidy}}
    return values


def check_contact_detail(desk: Desk, values: Values) -> Values:
    """Days in order, and a number or address that its channel could use."""
    values = _with_usual(desk, values, "value")
    _in_order("contact_detail", values)
    channel, value = values.get("channel"), str(values.get("value", ""))
    if channel == "email" and not _MAIL.fullmatch(value.strip()):
        raise InvalidValue("contact_detail: an address of mail is like name@example.org")
    is_phone = channel in {"mobile", "home_phone", "work_phone"}
    if is_phone and sum(one.isdecimal() for one in value) < PHONE_DIGITS_MIN:
        raise InvalidValue(f"contact_detail: a number has at least {PHONE_DIGITS_MIN} digits")
    return values


def check_sentence(desk: Desk, values: Values) -> Values:
    """Passed by today, for an offence before it, with lengths that come to something."""
    content = _content(values)
    on, offence_on = content.get("sentenced_on"), content.get("offence_on")
    _not_to_come("sentence", "sentenced_on", on, day_of(desk.now_ms()))
    if isinstance(on, str) and isinstance(offence_on, str) and offence_on > on:
        raise InvalidValue("sentence: the offence is after the day of the sentence")
    terms = content.get("terms")
    for term in terms if isinstance(terms, list | tuple) else ():
        if isinstance(term, Mapping) and not any(term.get(unit) for unit in LENGTHS):
            raise InvalidValue(f"sentence: give the length of the term {term.get('type')}")
    return values


def check_requirement(_desk: Desk, values: Values) -> Values:
    """Days in order, and a length that the law allows for its type."""
    _in_order("requirement", values)
    if "type" not in values:
        return values
    kind, length = str(values["type"]), values.get("length")
    known = codes("requirement_types").get(kind)
    unit = known.columns["unit"] if known is not None else "none"
    if unit in {"days", "hours"} and length is None:
        raise InvalidValue(f"requirement: give the number of {unit} that the court ordered")
    fewest, most = UNPAID_WORK_HOURS
    if kind == "UPW" and isinstance(length, int) and not fewest <= length <= most:
        raise InvalidValue(f"requirement: unpaid work is of {fewest} to {most} hours")
    if kind == "AAMR" and isinstance(length, int) and length > ABSTINENCE_DAYS_MAX:
        raise InvalidValue(f"requirement: abstinence is of at most {ABSTINENCE_DAYS_MAX} days")
    return values


def check_court_appearance(desk: Desk, values: Values) -> Values:
    """No result before the hearing, and the next one after it."""
    on, next_on = values.get("hearing_on"), _member(values, "result", "next_hearing_on")
    if "result" in values:
        _not_to_come("court_appearance", "hearing_on", on, day_of(desk.now_ms()))
    if isinstance(on, str) and isinstance(next_on, str) and next_on <= on:
        raise InvalidValue("court_appearance: the next hearing is not after this one")
    return values


def check_key_dates(desk: Desk, values: Values) -> Values:
    """Dates in the order they must have; approved by somebody else than who calculated them."""
    if "version" not in values:
        return values
    read = read_calculation(values["version"])
    if read is None:
        return values
    _not_to_come("key_dates", "calculated_on", read.calculated_on, day_of(desk.now_ms()))
    if not read.dates:
        raise InvalidValue("key_dates: give at least one date")
    if wrong := out_of_order(read):
        raise InvalidValue(f"key_dates: {wrong}; correct the dates")
    if read.is_approved and not read.is_checked:
        raise InvalidValue(
            "key_dates: an approved calculation names who checked it (checked_by), and that is "
            "not who calculated it"
        )
    return values


def check_adjustment(desk: Desk, values: Values) -> Values:
    """Days in order, and no more of them than the time they stand for."""
    _in_order("sentence_adjustment", values)
    first, last = (read_day(str(values.get(one) or "")) for one in ("from_day", "to_day"))
    days = values.get("days")
    _not_to_come("sentence_adjustment", "from_day", values.get("from_day"), _today(desk))
    if first is not None and last is not None and isinstance(days, int):
        span = (last - first).days + 1
        if days > span:
            raise InvalidValue(f"sentence_adjustment: {days} days do not fit into {span}")
    return values


def check_document(desk: Desk, values: Values) -> Values:
    """Dated by today, and of a format that a program could open."""
    _not_to_come("document", "dated", values.get("dated"), _today(desk))
    media_type = values.get("media_type")
    if isinstance(media_type, str) and media_type.count("/") != 1:
        raise InvalidValue("document: media_type is like application/pdf")
    return values


def check_task(desk: Desk, values: Values) -> Values:
    """A task that somebody thought of is for a cause of its own."""
    if "title" not in values:
        return values
    cause = f"own:{desk.chance(CAUSE_BYTES).hex()}"
    return {"cause": cause, **values}


def _check_born(born: str, today: str) -> None:
    age = age_on(born, today)
    if age is None:
        raise InvalidValue("person: the date of birth is to come, or is no day")
    if age > AGE_YEARS_MAX:
        raise InvalidValue(f"person: nobody is {age} years old; check the year of birth")
    if age < RESPONSIBLE_YEARS:
        raise InvalidValue(
            f"person: somebody of {age} years is too young for any sentence; check the year of "
            "birth"
        )


def _in_order(kind: str, values: Mapping[str, Any]) -> None:
    first, last = values.get("from_day"), values.get("to_day")
    if isinstance(first, str) and isinstance(last, str) and last < first:
        raise InvalidValue(f"{kind}: to_day is before from_day; exchange or correct them")


def _not_to_come(kind: str, field: str, day: Any, today: str) -> None:
    if (
        isinstance(day, str)
        and read_day(day) is not None
        and date.fromisoformat(day) > (date.fromisoformat(today))
    ):
        raise InvalidValue(f"{kind}: {field} is a day to come; give the day on which it was")


def _with_usual(desk: Desk, values: Values, what: str) -> Values:
    """A new address or number is from today and from this place's staff, unless they say other."""
    if what not in values:
        return values
    return {"source": usual_source(desk.place), "from_day": _today(desk), **values}


def _today(desk: Desk) -> str:
    return day_of(desk.now_ms())


def _content(values: Mapping[str, Any]) -> Mapping[str, Any]:
    content = _member(values, "version", "content")
    return content if isinstance(content, Mapping) else {}


def _member(values: Mapping[str, Any], field: str, member: str) -> Any:
    value = values.get(field)
    return value.get(member) if isinstance(value, Mapping) else None


CHECKS: Final[Mapping[str, Callable[[Desk, Values], Values]]] = {
    "address": check_address,
    "contact_detail": check_contact_detail,
    "court_appearance": check_court_appearance,
    "document": check_document,
    "key_dates": check_key_dates,
    "person": check_person,
    "requirement": check_requirement,
    "sentence": check_sentence,
    "sentence_adjustment": check_adjustment,
    "task": check_task,
}
"""By kind; `entry` asks the check before a value is stored."""
