"""Numbers by which the services know a person, in their real forms and with right check letters."""

from random import Random
from typing import Final

from casework.rules.identifiers import check_letter

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


def _check(year: int, serial: str) -> str:
    return check_letter(int(f"{year % 100:02d}{serial}"))
