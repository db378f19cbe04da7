"""What may be so of a person: alerts with their words, risk levels, and why people are kept
apart, each with the codes that the services use for it.
"""

from random import Random
from typing import Final

import msgspec


class AlertKind(msgspec.Struct, frozen=True):
    """An alert somebody may have: its codes, how often, and what it may say."""

    code: str
    type: str
    share: int
    texts: tuple[str, ...]


ALERT_KINDS: Final = (
    AlertKind("HA", "H", 5, ("ACCT opened after a statement on the wing; hourly at night.",)),
    AlertKind("HA1", "H", 5, ("Post-closure phase; interview due within the week.",)),
    AlertKind("HC", "H", 8, ("Self-harm in an earlier custody; asks for help when low.",)),
    AlertKind("XA", "X", 4, ("Set a fire in a cell in an earlier sentence.",)),
    AlertKind("XVL", "X", 8, ("Fights on two landings in the past year.", "Violent when drunk.")),
    AlertKind("XER", "X", 2, ("Tried to leave a hospital escort; two officers and cuffs.",)),
    AlertKind("XGANG", "X", 6, ("Linked to a group from the city; location kept from others.",)),
    AlertKind("XCU", "X", 3, ("Unlock with three staff until the next review.",)),
    AlertKind("RSS", "R", 5, ("Threw water at an officer; risk to staff reviewed monthly.",)),
    AlertKind("RCON", "R", 8, ("Conflict with others on C wing; check moves with security.",)),
    AlertKind("RKC", "R", 7, ("Risk to a former partner; no contact direct or through others.",)),
    AlertKind("RDV", "R", 7, ("Perpetrator of domestic abuse; address checks before release.",)),
    AlertKind("RCC", "R", 4, ("No unsupervised contact with children until assessed.",)),
    AlertKind("PEEP", "M", 3, ("Walks with a stick; help needed on the stairs in a fire.",)),
    AlertKind("MAS", "M", 6, ("Carries an inhaler.",)),
    AlertKind("MEP", "M", 3, ("Epilepsy, controlled; lower bunk.",)),
    AlertKind("LCE", "L", 5, ("In care until sixteen.",)),
    AlertKind("F1", "F1", 4, ("Served four years; known to the veterans' worker.",)),
    AlertKind("PL1", "P", 6, ("MAPPA level 1, category 2.",)),
    AlertKind("PL2", "P", 3, ("MAPPA level 2; next meeting in the month of review.",)),
    AlertKind("ONCR", "O", 4, ("Letters and calls to the listed number to be stopped.",)),
    AlertKind("OCVM", "O", 3, ("Challenge, support and intervention plan on the wing.",)),
)

LEVELS: Final = ("low", "medium", "high", "very_high")
RISK_FIELDS: Final = (
    "children_custody",
    "children_community",
    "public_custody",
    "public_community",
    "known_adult_custody",
    "known_adult_community",
    "staff_custody",
    "staff_community",
    "prisoners_custody",
    "prisoners_community",
    "self_harm",
)
GROUNDS: Final = (
    "Pattern of offences against a partner; none against strangers in five years.",
    "Robberies with others; risk falls when in work and away from the group.",
    "No violence recorded; low on every scale and settled in custody.",
    "Assault while drunk; engaged with the recovery service since.",
    "Threats by text to a former partner; restraining order in force.",
)
APART_REASONS: Final = ("BULLYING", "GANG_RELATED", "THREAT", "VIOLENCE", "LEGAL_REQUEST")
APART_TEXTS: Final = (
    "Co-defendants; one gave evidence.",
    "Debt from an earlier sentence; threats heard at exercise.",
    "Fight in the holding room at court.",
    "Families in dispute outside.",
)


def draw_alerts(chance: Random) -> list[AlertKind]:
    """None to four alerts, no code twice."""
    wanted = chance.choices((0, 1, 2, 3, 4), weights=(25, 35, 22, 12, 6))[0]
    drawn: dict[str, AlertKind] = {}
    while len(drawn) < wanted:
        kind = chance.choices(ALERT_KINDS, weights=[one.share for one in ALERT_KINDS])[0]
        drawn.setdefault(kind.code, kind)
    return list(drawn.values())


def draw_risk(chance: Random, *, prison: str | None) -> dict[str, str]:
    """A level for each group and setting; in custody also cell sharing and category."""
    base = chance.choices((0, 1, 2, 3), weights=(30, 42, 23, 5))[0]
    levels = {
        field: LEVELS[max(0, min(3, base + chance.choice((-1, -1, 0, 0, 0, 1))))]
        for field in RISK_FIELDS
    }
    if prison is not None:
        levels["csra"] = chance.choices(("standard", "high"), weights=(88, 12))[0]
        categories = ("U", "B", "C", "X") if prison == "LEI" else ("C", "C", "C", "D")
        levels["security_category"] = chance.choice(categories)
    return levels
