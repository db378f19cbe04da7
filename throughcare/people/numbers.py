"""Numbers by which the services know a person, in their real forms and with right check letters."""

from random import Random
from typing import Final

from casework.rules.identifiers import check_letter

_STEP: Final = 7_368_787
_START: Final = 3_141_592
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NOMS_TAIL: Final = "ACDEFGJKMNPRTUVWXZ"


def noms_number(chance: Random) -> str:
    """A NOMS number, `A9999AA`; it has no check digit."""
    tail = "".join(chance.choices(_NOMS_TAIL, k=2))
    return f"A{chance.randrange(1000, 10_000)}{tail}"


def crn(chance: Random) -> str:
    """A case reference number of probation, `A999999`; it has no check digit."""
    return f"{chance.choice(_LETTERS)}{chance.randrange(100_000, 1_000_000)}"


def pnc_number(chance: Random, year: int) -> str:
    """A Police National Computer number, `2014/1234567L`."""
    serial = chance.randrange(1, 9_999_999)
    return f"{year}/{serial:07d}{_check(year, f'{serial:07d}')}"


def cro_number(chance: Random, year: int) -> str:
    """A Criminal Records Office number, `123456/14L`."""
    serial = chance.randrange(1, 999_999)
    return f"{serial:06d}/{year % 100:02d}{_check(year, f'{serial:06d}')}"


def noms_number_of(number: int) -> str:
    """A NOMS number that no other number of the estate gives; consecutive ones look unlike."""
    mixed = _mixed(number, 9_000 * len(_NOMS_TAIL) ** 2)
    serial, tail = divmod(mixed, len(_NOMS_TAIL) ** 2)
    first, second = divmod(tail, len(_NOMS_TAIL))
    return f"A{serial + 1_000}{_NOMS_TAIL[first]}{_NOMS_TAIL[second]}"


def crn_of(number: int) -> str:
    """A CRN that no other number of the estate gives."""
    letter, serial = divmod(_mixed(number, 900_000 * len(_LETTERS)), 900_000)
    return f"{_LETTERS[letter]}{serial + 100_000}"


def pnc_number_of(number: int, year: int) -> str:
    """A PNC number that no other number of the estate gives."""
    serial = f"{_mixed(number, 9_999_998) + 1:07d}"
    return f"{year}/{serial}{_check(year, serial)}"


def cro_number_of(number: int, year: int) -> str:
    """A CRO number that no other number of the estate gives, up to a million of them."""
    serial = f"{_mixed(number, 999_998) + 1:06d}"
    return f"{serial}/{year % 100:02d}{_check(year, serial)}"


def _mixed(number: int, size: int) -> int:
    """One of `size`, each number its own: the step is a prime that divides none of the sizes."""
    return (number * _STEP + _START) % size


def _check(year: int, serial: str) -> str:
    return check_letter(int(f"{year % 100:02d}{serial}"))
