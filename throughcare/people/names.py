"""Names that nobody bears, put together from syllables with the sound of several origins.

They are meant to read like a wing's roll in length, spelling and variety, and to be recognised at
once as made up.
"""

from random import Random
from typing import Final

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """Syllables of one sound, and the ethnicity and language codes that often go with it."""

    share: int
    openings: tuple[str, ...]
    male: tuple[str, ...]
    female: tuple[str, ...]
    last_openings: tuple[str, ...]
    last_endings: tuple[str, ...]
    ethnicities: tuple[str, ...]
    languages: tuple[str, ...] = ("ENG",)


ORIGINS: Final = (
    Origin(
        share=52,
        openings=("Bren", "Cor", "Dar", "Ed", "Hal", "Jar", "Kel", "Lor", "Mar", "Tol", "Wen"),
        male=("dan", "vin", "rick", "mond", "ley", "ton", "by"),
        female=("wyn", "lise", "ette", "sa", "lyn", "nia"),
        last_openings=("Ack", "Birk", "Cald", "Fell", "Gran", "Hebb", "Ling", "Otter", "Thrap"),
        last_endings=("erthwaite", "shaw", "le", "beck", "sedge", "wick", "stall", "ingholme"),
        ethnicities=("W1", "W1", "W1", "W2", "W9"),
    ),
    Origin(
        share=15,
        openings=("Aam", "Far", "Haz", "Im", "Kam", "Naz", "Riz", "Sal", "Taw", "Zub"),
        male=("ir", "eed", "ran", "eem", "zaan", "uq"),
        female=("iya", "eena", "isha", "ara", "una"),
        last_openings=("Chan", "Dar", "Kur", "Mahm", "Qas", "Raf", "Shar", "Tar"),
        last_endings=("izada", "wani", "imran", "oodi", "eeqar", "ullan"),
        ethnicities=("A2", "A2", "A1", "A3", "A9"),
        languages=("ENG", "URD", "PAN"),
    ),
    Origin(
        share=12,
        openings=("Ad", "Chi", "De", "Kwa", "Ola", "Sey", "Tun", "Ze"),
        male=("bayo", "dike", "mari", "jore", "shane", "kwame"),
        female=("tunde", "oma", "riel", "sola", "nisha"),
        last_openings=("Aba", "Bam", "Ekwu", "Mar", "Oye", "Teme", "Wal"),
        last_endings=("dosan", "kemi", "nwoli", "lisbrook", "lade", "chester"),
        ethnicities=("B1", "B2", "B9", "M1", "M2"),
    ),
    Origin(
        share=9,
        openings=("And", "Dor", "Gri", "Jar", "Lev", "Mir", "Rad", "Vas", "Zby"),
        male=("rei", "oslav", "gor", "mek", "vid", "tan"),
        female=("ina", "ezka", "ova", "ilena", "ra"),
        last_openings=("Brz", "Cern", "Dob", "Kova", "Luk", "Pav", "Stan", "Wier"),
        last_endings=("owicz", "escaru", "ekian", "elska", "imov", "utis"),
        ethnicities=("W9",),
        languages=("POL", "RUM-RON", "ENG"),
    ),
    Origin(
        share=7,
        openings=("Aed", "Cad", "Ei", "Fin", "Gar", "Ior", "Pad", "Ruar"),
        male=("an", "wyn", "lan", "raic", "eth", "idh"),
        female=("wen", "ara", "nid", "eann", "isg"),
        last_openings=("Glan", "Llew", "Mac", "O'Bre", "Penr", "Tre"),
        last_endings=("darragh", "orwen", "ynnan", "haddock", "ilgarry", "wyddin"),
        ethnicities=("W1", "W2", "W3"),
    ),
    Origin(
        share=5,
        openings=("Ber", "Dil", "Has", "Ko", "Sar", "Yus", "Zan"),
        male=("zan", "shad", "ram", "van", "dar"),
        female=("ivan", "naz", "een", "oza"),
        last_openings=("Bar", "Has", "Meh", "Rash", "Zeb"),
        last_endings=("zanidar", "wandi", "ardo", "uliyan"),
        ethnicities=("O2", "O9"),
        languages=("ARA", "KUR", "ENG"),
    ),
)

MIDDLES: Final = ("", "", "", "Ash", "Birch", "Clay", "Fern", "Lake", "Moss", "Reed", "Stone")


class MadeName(msgspec.Struct, frozen=True):
    """A first, perhaps a middle, and a last name."""

    first: str
    last: str
    middle: str | None = None


def draw_origin(chance: Random) -> Origin:
    """One of the origins, as often as its share."""
    return chance.choices(ORIGINS, weights=[one.share for one in ORIGINS])[0]


def draw_name(chance: Random, origin: Origin, *, is_female: bool) -> MadeName:
    """A name of this origin's sound."""
    endings = origin.female if is_female else origin.male
    first = chance.choice(origin.openings) + chance.choice(endings)
    last = chance.choice(origin.last_openings) + chance.choice(origin.last_endings)
    return MadeName(first, last, chance.choice(MIDDLES) or None)


def draw_staff_name(chance: Random) -> str:
    """The name of a member of staff, as a badge shows it."""
    name = draw_name(chance, draw_origin(chance), is_female=chance.random() < 0.5)
    return f"{name.first[0]}. {name.last}"
