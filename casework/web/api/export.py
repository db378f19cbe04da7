"""Everything of one person as JSON, with a reason that goes into the audit."""

from typing import Annotated, Final

from litestar import get
from litestar.params import FromPath, QueryParameter

from casework.desk.export import REASON_CHARACTERS_MAX, Export, Reader, export_person
from casework.web.api.answers import GivenCaller, GivenDesk
from casework.web.api.ids import subject_of

FOR_THE_PERSON: Final = "person"

Why = Annotated[
    str,
    QueryParameter(
        max_length=REASON_CHARACTERS_MAX,
        description="Who asked for it, and on what ground. It is required, and audited.",
    ),
]
For = Annotated[
    Reader,
    QueryParameter(
        name="for", description="With `staff`, also what must not be shared with the person."
    ),
]


@get("/people/{person:str}/export", sync_to_thread=True)
def read_export(
    person: FromPath[str],
    desk: GivenDesk,
    caller: GivenCaller,
    why: Why = "",
    reader: For = FOR_THE_PERSON,
) -> Export:
    """Every kind, every value that stands, who wrote it and when, and what is contested.

    The restricted and the victim files are left out, and the answer says so.
    """
    return export_person(desk, caller, subject_of(person), why=why, reader=reader)
