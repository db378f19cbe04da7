"""What is computed of a person and never stored, and what is due at an office."""

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery

from casework.desk.attention import DueList, office_due, read_attention
from casework.desk.one_pass import in_one_pass
from casework.desk.people import summary
from casework.desk.person import Custody, Responsible
from casework.desk.standing import Standing
from casework.rules.due import Due
from casework.rules.licences import Condition
from casework.rules.rows import Finding, by_gravity
from casework.web.api.answers import GivenCaller, GivenDesk
from casework.web.api.ids import subject_of


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What every node computes alike from a person's records."""

    custody: Custody
    responsible: tuple[Responsible, ...]
    """The leading one first; more than one is contested."""
    responsible_later: tuple[Responsible, ...]
    rosh: str | None
    """The highest risk of serious harm; None where none is recorded."""
    findings: tuple[Finding, ...]
    due: tuple[Due, ...]
    conditions: tuple[Condition, ...]
    """The licence conditions that bind, or might: those are marked as disputed."""
    standing: Standing


@get("/people/{person:str}/facts", sync_to_thread=True)
def read_facts(person: FromPath[str], desk: GivenDesk, caller: GivenCaller) -> PersonFacts:
    """Custody, who is responsible, risk, what is wrong and what is due of a person."""
    with in_one_pass(desk, subject_of(person)) as once:
        known = summary(once, caller, subject_of(person))
        attention = read_attention(once, caller, known.id)
    return PersonFacts(
        custody=known.custody,
        responsible=known.responsible,
        responsible_later=known.responsible_later,
        rosh=known.rosh,
        findings=by_gravity(list(dict.fromkeys((*known.findings, *attention.findings)))),
        due=attention.due,
        conditions=attention.conditions,
        standing=known.standing,
    )


@get("/due", sync_to_thread=True)
def read_due(desk: GivenDesk, caller: GivenCaller, mine: FromQuery[bool] = False) -> DueList:
    """What is due at this office, overdue first; with `mine` what is the caller's own."""
    return office_due(desk, caller, owner=caller.staff if mine else None)
