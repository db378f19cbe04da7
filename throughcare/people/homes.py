"""Where a synthetic person lives and how to reach them, and the papers and tasks about them."""

from hashlib import sha256
from typing import Any, Final

from casework.records.files import cause_record
from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

STREETS: Final = ("Alder Row", "Bramble Close", "Cooper Lane", "Ferry Street", "Heron Walk")
TOWNS: Final = ("Leeds", "Wakefield", "Bradford", "Barnsley")
VISITING: Final = ("alone", "alone", "not_assessed", "in_twos", "never")
VISITING_TEXTS: Final = (
    "Dog in the yard; ring first and wait at the gate.",
    "Lives with an uncle who has threatened staff before.",
    "Ground floor, own door; nobody else at home in the mornings.",
)
PAPERS: Final = (
    ("WARRANT", "Warrant of committal"),
    ("PSR", "Pre-sentence report"),
    ("LICENCE", "Licence as signed"),
    ("LETTER", "Letter about an appointment"),
)
TASKS: Final = (
    ("ask-for-police-checks", "Ask the police for an address check"),
    ("book-interpreter", "Book an interpreter for the next meeting"),
    ("send-report", "Send the report to the court"),
)
PHONE_DIGITS: Final = 900_000
"""07700 900000 to 900999 reach nobody: they are kept for drama and tests."""


def move_in(life: Life, at_ms: int, by: Member, source: str, sort: str = "HOME") -> str:
    """A new address, and the end of the one before; returns its first line."""
    leave(life, at_ms, by)
    chance = life.chance
    line = f"{chance.randint(1, 180)} {chance.choice(STREETS)}"
    values: dict[str, Any] = {
        "type": sort,
        "place": {"line_1": line, "town": chance.choice(TOWNS)},
        "source": source,
        "from_day": day_of(at_ms),
        "to_day": None,
        "visiting": chance.choice(VISITING),
        "status": "open",
    }
    if life.happens(0.4):
        values["visiting_notes"] = by.signed(chance.choice(VISITING_TEXTS), at_ms)
    draft = life.pen.new("address", at_ms, values)
    if life.pen.act(at_ms, by, draft):
        life.address = draft
    return line


def leave(life: Life, at_ms: int, by: Member) -> None:
    """The person lives at the last address no more."""
    if life.address is not None:
        life.pen.act(at_ms, by, life.pen.more(life.address, {"to_day": day_of(at_ms)}))
        life.address = None


def give_number(life: Life, at_ms: int, by: Member, source: str) -> None:
    """A telephone number of the person."""
    values = {
        "channel": "mobile",
        "value": f"07700 {PHONE_DIGITS + life.chance.randrange(1_000)}",
        "source": source,
        "from_day": day_of(at_ms),
        "to_day": None,
        "status": "open",
    }
    life.pen.act(at_ms, by, life.pen.new("contact_detail", at_ms, values))


def file_paper(life: Life, at_ms: int, by: Member, of_record: str | None, *, at: int) -> None:
    """A paper is scanned; its bytes travel apart."""
    sort, title = PAPERS[at]
    values = {
        "type": sort,
        "title": title,
        "sha256": sha256(life.chance.randbytes(16)).hexdigest(),
        "size_bytes": life.chance.randint(20_000, 900_000),
        "media_type": "application/pdf",
        "dated": day_of(at_ms),
        "of_record": of_record,
        "status": "open",
    }
    life.pen.act(at_ms, by, life.pen.new("document", at_ms, values))


def give_task(life: Life, at_ms: int, by: Member, to: Member) -> None:
    """Something is to be done, and is done some days later."""
    cause, title = life.chance.choice(TASKS)
    named = f"{cause}:{day_of(at_ms)}"
    values = {
        "title": title,
        "due_on": day_of(at_ms + 7 * DAY_MS),
        "cause": named,
        "of_record": None,
        "assignee": {"staff_id": to.staff_hex, "staff_name": to.name, "from_day": day_of(at_ms)},
        "status": "open",
    }
    subject = life.pen.subject
    draft = WrittenDraft("task", (subject,), cause_record(subject, named), values)
    if not life.pen.act(at_ms, by, draft):
        return
    done_ms = life.at_day(at_ms + life.days(1, 8)) + HOUR_MS
    life.pen.act(done_ms, to, life.pen.more(draft, {"status": "closed"}))
