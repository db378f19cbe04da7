"""The Rules that many kinds share: a kind says who writes, how grave a conflict is, and why.

Each merges as its name says. A Rule that one kind alone has is written out in that kind's file.
"""

from typing import Final

from sync_protocol.policy import (
    AskAPerson,
    Class,
    Gather,
    Highest,
    LaterDate,
    OpenClose,
    Rule,
    Severity,
)

OWN_NOTE: Final = "Each note is its author's."
PROTECTION_LASTS: Final = "Protection lasts until the later end, and without one it does not end."
OWN_WORDS: Final = "What one wrote is never replaced by what another wrote."


def gathered(
    writers: frozenset[str], why: str = OWN_NOTE, *, cls: Class = "P2", severity: Severity = "S3"
) -> Rule:
    """Everything that anybody wrote stays beside the rest; a record may have none of it."""
    return Rule(Gather(), writers=writers, cls=cls, severity=severity, optional=True, why=why)


def closed(
    writers: frozenset[str], why: str, *, cls: Class = "P2", severity: Severity = "S2"
) -> Rule:
    """Open until it is closed by somebody who had seen all of it."""
    return Rule(OpenClose(), writers=writers, cls=cls, severity=severity, why=why)


def asked(
    writers: frozenset[str], why: str, *, cls: Class = "P2", severity: Severity = "S2"
) -> Rule:
    """Of two that differ somebody chooses; until then both are kept."""
    return Rule(AskAPerson(), writers=writers, cls=cls, severity=severity, why=why)


def later_day(writers: frozenset[str], why: str, *, cls: Class, severity: Severity) -> Rule:
    """Of two last days the later counts, and no last day is later than any."""
    return Rule(Highest(LaterDate()), writers=writers, cls=cls, severity=severity, why=why)
