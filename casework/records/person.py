"""Who the person is, as each source has said it."""

from typing import Annotated, Literal

import msgspec

from casework.records.values import Code, CodeAssertion, Day, DayAssertion, Line
from casework.records.writers import ANYONE
from sync_protocol.policy import Gather, Rule
from sync_protocol.schema import Record


class NameAssertion(msgspec.Struct, frozen=True):
    """A name that a source gave on a day: the legal one, or an alias."""

    first: Line
    last: Line
    kind: Literal["legal", "alias"]
    source: Code
    asserted_on: Day
    middle: Line | None = None


class LanguageAssertion(msgspec.Struct, frozen=True):
    """A language the person uses, and whether an interpreter is needed for the others."""

    value: Code
    source: Code
    asserted_on: Day
    needs_interpreter: bool = False


PLAIN = Rule(Gather(), writers=ANYONE, cls="P1", severity="S3", optional=True)
SPECIAL = Rule(Gather(), writers=ANYONE, cls="P2", severity="S3", optional=True)


class Person(Record, kind="person", singleton=True, anywhere=True, searchable=("names",)):
    """Who the person is: dated assertions with a source, of which none overwrites another.

    Which of them is shown first is computed by `casework.rules.people`.
    """

    names: Annotated[NameAssertion, PLAIN]
    date_of_birth: Annotated[
        DayAssertion, Rule(Gather(), writers=ANYONE, cls="P1", severity="S2", optional=True)
    ]
    sex: Annotated[CodeAssertion, PLAIN]
    gender: Annotated[CodeAssertion, SPECIAL]
    ethnicity: Annotated[CodeAssertion, SPECIAL]
    religion: Annotated[CodeAssertion, SPECIAL]
    nationality: Annotated[CodeAssertion, PLAIN]
    languages: Annotated[LanguageAssertion, PLAIN]
