"""Who the person is, as each source has said it."""

from typing import Annotated, Final, Literal

import msgspec

from casework.records.values import (
    Code,
    CodeAssertion,
    Day,
    DayAssertion,
    Line,
    Listed,
    Sha256,
    Source,
    Told,
)
from casework.records.writers import ANYONE
from sync_protocol.policy import Gather, Rule
from sync_protocol.schema import Record

WHY: Final = (
    "Sources differ and each may be right: every assertion stands, and the strongest source, then "
    "the latest day, is shown first."
)


class NameAssertion(msgspec.Struct, frozen=True):
    """A name that a source gave on a day: the legal one, or an alias."""

    first: Annotated[Line, Told(label="First name")]
    last: Annotated[Line, Told(label="Last name")]
    kind: Literal["legal", "alias"]
    source: Source
    asserted_on: Day
    middle: Annotated[Line | None, Told(label="Middle names")] = None


class SexAssertion(CodeAssertion, frozen=True):
    """The sex that a source gave."""

    value: Annotated[Code, Listed("nomis_sex_codes")]


class GenderAssertion(CodeAssertion, frozen=True):
    """The gender that the person, or another source, gave."""

    value: Annotated[Code, Listed("gender_identities")]


class EthnicityAssertion(CodeAssertion, frozen=True):
    """The ethnicity that the person, or another source, gave."""

    value: Annotated[Code, Listed("ethnicity_codes")]


class ReligionAssertion(CodeAssertion, frozen=True):
    """The religion that the person, or another source, gave."""

    value: Annotated[Code, Listed("religions")]


class NationalityAssertion(CodeAssertion, frozen=True):
    """A nationality of the person; one may have several."""

    value: Annotated[Code, Listed("nationalities")]


class LanguageAssertion(msgspec.Struct, frozen=True):
    """A language the person uses, and whether an interpreter is needed for the others."""

    value: Annotated[Code, Listed("languages")]
    source: Source
    asserted_on: Day
    needs_interpreter: bool = False


class PhotoAssertion(msgspec.Struct, frozen=True):
    """A photograph, by what its bytes come to; two with one hash are one."""

    sha256: Annotated[Sha256, Told(label="Hash of the photograph")]
    taken_on: Day
    source: Source


PLAIN = Rule(Gather(), writers=ANYONE, cls="P1", severity="S3", optional=True, why=WHY)
SPECIAL = Rule(Gather(), writers=ANYONE, cls="P2", severity="S3", optional=True, why=WHY)


class Person(Record, kind="person", singleton=True, anywhere=True, searchable=("names",)):
    """Who the person is: dated assertions with a source, of which none overwrites another.

    Which of them is shown first is computed by `casework.rules.people`.
    """

    names: Annotated[
        NameAssertion, PLAIN, Told("The legal name, or a name the person also goes by.", "Name")
    ]
    date_of_birth: Annotated[
        DayAssertion,
        Rule(Gather(), writers=ANYONE, cls="P1", severity="S2", optional=True, why=WHY),
        Told("As the source gave it, even where it differs from another.", "Date of birth"),
    ]
    sex: Annotated[SexAssertion, PLAIN]
    gender: Annotated[
        GenderAssertion, SPECIAL, Told("As the person describes it; leave it out if not asked.")
    ]
    ethnicity: Annotated[EthnicityAssertion, SPECIAL]
    religion: Annotated[
        ReligionAssertion, SPECIAL, Told("For diet, faith provision and days of observance.")
    ]
    nationality: Annotated[NationalityAssertion, PLAIN]
    languages: Annotated[
        LanguageAssertion, PLAIN, Told("Each language the person uses, one at a time.")
    ]
    photo: Annotated[
        PhotoAssertion, PLAIN, Told("The bytes travel apart, by their hash.", "Photograph")
    ]
