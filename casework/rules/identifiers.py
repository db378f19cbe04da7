"""Outside identifiers: their one written form, and whether their check letter is right.

PNC and CRO letters follow the Police National Computer's modulo-23 rule, in the forms that the
courts' and prisons' systems exchange; prison and probation numbers have a form and no check.
A wrong letter is kept as it was given and flagged, never rejected: the paper in the officer's hand
may be wrong, and what it says is still a fact.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import msgspec

Check = Literal["valid", "invalid", "unchecked"]

LETTERS: Final = "ZABCDEFGHJKLMNPQRTUVWXY"
PNC_SERIAL_DIGITS: Final = 7
CRO_SERIAL_DIGITS: Final = 6
YEAR_FIRST: Final = 1900

_PNC = re.compile(r"(\d{4}|\d{2})/(\d{1,7})([A-Z])")
_PNC_TOGETHER = re.compile(r"(\d{3,11})([A-Z])")
_CRO = re.compile(r"(\d{1,6})/(\d{2})([A-Z])")
_CRO_FILE_ONLY = re.compile(r"SF(\d{2})/?(\d{1,6})([A-Z])")
_NOMS = re.compile(r"[A-Z]\d{4}[A-Z]{2}")
_CRN = re.compile(r"[A-Z]\d{6}")
_BOOKING = re.compile(r"\d{5}[A-Z]")


class Identified(msgspec.Struct, frozen=True):
    """An identifier as it is to be stored: its one written form, or as given where it has none."""

    value: str
    check: Check


def check_letter(number: int) -> str:
    """The letter that belongs to a two-digit year and a serial, written as one number."""
    return LETTERS[number % len(LETTERS)]


def identify(identifier_type: str, given: str, *, this_year: int) -> Identified:
    """The identifier in its written form, with the verdict of its check.

    Without a form or with a wrong letter it is kept as it was given, and "invalid". Types that
    nobody can check are "unchecked".
    """
    tidy = re.sub(r"\s+", "", given).upper()
    read = READERS.get(identifier_type)
    if read is None:
        return Identified(given.strip(), "unchecked")
    return read(tidy, this_year) or Identified(given.strip(), "invalid")


def read_pnc(tidy: str, this_year: int) -> Identified | None:
    """`YYYY/NNNNNNNL`, from any form it is seen in; None where the letter does not fit.

    A two-digit year later than this one is of the last century. Without a slash the year may have
    two digits or four: the reading whose letter fits counts.
    """
    for year, serial, letter in _pnc_readings(tidy):
        if check_letter(int(year[-2:] + serial.zfill(PNC_SERIAL_DIGITS))) != letter:
            continue
        full = int(year) if len(year) == 4 else _full_year(int(year), this_year)
        if YEAR_FIRST <= full <= this_year:
            return Identified(f"{full}/{serial.zfill(PNC_SERIAL_DIGITS)}{letter}", "valid")
    return None


def read_cro(tidy: str, this_year: int) -> Identified | None:
    """`NNNNNN/YYL`, or `SFYY/N…L` for a file-only record; None where the letter does not fit."""
    del this_year
    standard = _CRO.fullmatch(tidy)
    if standard is not None:
        serial, year, letter = standard.groups()
        padded = serial.zfill(CRO_SERIAL_DIGITS)
        fits = check_letter(int(year + padded)) == letter
        return Identified(f"{padded}/{year}{letter}", "valid") if fits else None
    file_only = _CRO_FILE_ONLY.fullmatch(tidy)
    if file_only is not None:
        year, serial, letter = file_only.groups()
        fits = check_letter(int(year + serial)) == letter
        return Identified(f"SF{year}/{serial}{letter}", "valid") if fits else None
    return None


def _full_year(two_digits: int, this_year: int) -> int:
    century = this_year - this_year % 100
    return century + two_digits if two_digits <= this_year % 100 else century - 100 + two_digits


def _pnc_readings(tidy: str) -> Iterator[tuple[str, str, str]]:
    divided = _PNC.fullmatch(tidy)
    if divided is not None:
        yield divided[1], divided[2], divided[3]
        return
    together = _PNC_TOGETHER.fullmatch(tidy)
    if together is None:
        return
    digits, letter = together.groups()
    for year_digits in (4, 2):
        year, serial = digits[:year_digits], digits[year_digits:]
        if 1 <= len(serial) <= PNC_SERIAL_DIGITS:
            yield year, serial, letter


def _of_form(form: re.Pattern[str]) -> Callable[[str, int], Identified | None]:
    def read(tidy: str, _this_year: int) -> Identified | None:
        return Identified(tidy, "unchecked") if form.fullmatch(tidy) else None

    return read


READERS: Final[Mapping[str, Callable[[str, int], Identified | None]]] = {
    "PNC": read_pnc,
    "CRO": read_cro,
    "NOMS": _of_form(_NOMS),
    "MERGED": _of_form(_NOMS),
    "CRN": _of_form(_CRN),
    "BOOK": _of_form(_BOOKING),
}
