"""People: search, create, the summary, the timeline."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import Body, FromPath, FromQuery, QueryParameter

from casework.desk import people
from casework.desk.first_answer import Asked, answer_once
from casework.desk.person import SearchResult, Summary
from casework.desk.timeline import TIMELINE_MAX, Timeline, timeline
from casework.web.api.answers import GivenCaller, GivenDesk, Key
from casework.web.api.bodies import PersonBody
from casework.web.api.ids import subject_of

Limit = Annotated[int, QueryParameter(ge=1, le=TIMELINE_MAX)]


@get("/people", sync_to_thread=True)
def search(
    desk: GivenDesk,
    caller: GivenCaller,
    q: Annotated[str, QueryParameter(max_length=people.SEARCH_CHARACTERS_MAX)],
    limit: Limit = TIMELINE_MAX,
) -> SearchResult:
    """People whose names or numbers begin with the words of `q`."""
    return people.search(desk, caller, q, limit=limit)


@post("/people", sync_to_thread=True)
def create(
    data: Annotated[PersonBody, Body()], desk: GivenDesk, caller: GivenCaller, key: Key = None
) -> people.Created:
    """Records a new person; 409 lists who may be the same."""
    new = people.NewPerson(
        first=data.first,
        last=data.last,
        middle=data.middle,
        date_of_birth=data.date_of_birth,
        sex=data.sex,
        identifiers=tuple(people.NewIdentifier(one.type, one.value) for one in data.identifiers),
        source=data.source,
    )
    asked = Asked(caller.staff, key, msgspec.msgpack.encode(("people", data)))
    alike: list[people.DuplicateCandidate] = []

    def work() -> people.Created:
        made = people.create(desk, caller, new, confirmed=data.confirmed)
        alike.extend(made.candidates)
        # INV-05: an answer is kept for a day, and who is named in it may leave meanwhile.
        return msgspec.structs.replace(made, candidates=())

    kept = answer_once(desk, asked, people.Created, work)
    return msgspec.structs.replace(kept, candidates=tuple(alike))


@get("/people/{person:str}", sync_to_thread=True)
def summary(
    person: FromPath[str], desk: GivenDesk, caller: GivenCaller, why: FromQuery[str] = ""
) -> Summary:
    """What is known of a person here; `why` goes into the audit."""
    return people.summary(desk, caller, subject_of(person), why=why[:200])


@get("/people/{person:str}/timeline", sync_to_thread=True)
def read_timeline(
    person: FromPath[str],
    desk: GivenDesk,
    caller: GivenCaller,
    before: FromQuery[int | None] = None,
    limit: Limit = TIMELINE_MAX,
) -> Timeline:
    """What happened to a person, the latest first; `before` of an answer asks for the next page."""
    return timeline(desk, caller, subject_of(person), before=before, limit=limit)
