"""Who holds whom, in words: each office, why and since when, and how long one has not let go."""

from casework.desk.holding import HolderView, Holding, NotLetGoView, ReceiptView, WhoHoldsWhom
from casework.web.scope_views import Ageing, HeldPerson, HolderLine, HoldersPage
from casework.web.shown.estate import SILENT_AFTER_MS
from casework.web.shown.people import address_of
from casework.web.shown.standing import USUAL_MS, reasons_in_words
from casework.web.views import Card, Link, Mark, Row
from casework.web.words import HOUR_MS, age, clock, counted, day, iso_day, moment, short_moment

AGE_STEPS_MS = (USUAL_MS, 4 * HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS)
"""Beyond each of these the bar is a step longer."""
NAMES_NOTE = (
    "You run the centre's accounts and read no record, so people are shown by reference. Staff at "
    "the centre see their names on this same page."
)
REFERENCE_CHARACTERS = 8


def reference_of(person: bytes) -> str:
    """What a person is called where no name may be shown."""
    return f"Person …{person.hex()[-REFERENCE_CHARACTERS:]}"


def ageing(since_ms: int, now_ms: int) -> Ageing:
    """How long, in words and as a bar."""
    span_ms = now_ms - since_ms
    steps = 1 + sum(span_ms > step for step in AGE_STEPS_MS)
    return Ageing(age(span_ms), steps, len(AGE_STEPS_MS) + 1)


def holder_line(holder: HolderView, now_ms: int) -> HolderLine:
    """An office that holds the person."""
    return HolderLine(
        office=holder.name,
        state=Mark("Holds the record", "good"),
        since=f"since {short_moment(holder.since_ms, now_ms)}",
        about=_sentence(reasons_in_words(holder.reasons, "there")),
    )


def not_let_go_line(late: NotLetGoView, now_ms: int) -> HolderLine:
    """An office that has not let go, and what is awaited."""
    mark, about = _awaited(late, now_ms)
    return HolderLine(
        office=late.name,
        state=mark,
        since=f"they left {short_moment(late.since_ms, now_ms)}",
        about=about,
        ageing=ageing(late.since_ms, now_ms),
    )


def receipt_words(receipt: ReceiptView, now_ms: int) -> str:
    """A receipt in one line."""
    act = "let go" if receipt.act == "sealed" else "destroyed what was locked there"
    return (
        f"{receipt.name} {act} {moment(receipt.at_ms, now_ms)}, "
        f"{counted(receipt.count, 'entry', 'entries')}. Receipt {receipt.number}"
    )


def held_person(held: Holding, now_ms: int) -> HeldPerson:
    """One person of the list."""
    shown = held.shown
    born = iso_day(shown.date_of_birth) if shown is not None else ""
    facts = (f"Born {born}" if born else "", *(shown.numbers if shown is not None else ()))
    lines = (
        *(not_let_go_line(one, now_ms) for one in held.not_let_go),
        *(holder_line(one, now_ms) for one in held.holders),
    )
    return HeldPerson(
        name=shown.name if shown is not None else reference_of(held.person),
        address=address_of(held.person) if shown is not None else "",
        about=" · ".join(fact for fact in facts if fact),
        lines=lines,
        receipts=tuple(receipt_words(one, now_ms) for one in held.receipts),
    )


def holders_card(held: Holding, now_ms: int) -> Card:
    """The card of a person's page at the centre."""
    lines = [
        *(not_let_go_line(one, now_ms) for one in held.not_let_go),
        *(holder_line(one, now_ms) for one in held.holders),
    ]
    receipts = tuple(Row(title=receipt_words(one, now_ms)) for one in held.receipts)
    return Card(
        name="holders",
        title="Who holds this record",
        known="none",
        rows=tuple(_row(line) for line in lines),
        empty="No office has a reason to hold it now. The centre keeps it.",
        closed=receipts,
        closed_title=f"{counted(len(receipts), 'receipt')} from offices that let go",
        action=Link("See all", "/holders", "people, and who holds whom"),
    )


def holders_page(
    found: WhoHoldsWhom,
    *,
    asked: str,
    choices: tuple[Link, ...],
    pages: tuple[Link | None, Link | None],
    now_ms: int,
    is_reader: bool,
) -> HoldersPage:
    """A page of the list, with what to do where there is nothing in it."""
    return HoldersPage(
        as_known=f"As known at the centre at {clock(now_ms)} on {day(now_ms)}.",
        asked=asked,
        choices=choices,
        people=tuple(held_person(one, now_ms) for one in found.people),
        found=counted(len(found.people), "person", "people") if asked else "",
        empty=() if found.people else _nothing(asked, is_reader=is_reader),
        earlier=pages[0],
        later=pages[1],
        names_note="" if is_reader else NAMES_NOTE,
    )


def not_let_go_link(count: int) -> Link | None:
    """Where those are whom some office has not let go of; None where there is nobody."""
    if not count:
        return None
    people = counted(count, "person", "people")
    return Link(f"{people} not let go of by the office they left", "/holders?show=waiting")


def _awaited(late: NotLetGoView, now_ms: int) -> tuple[Mark, str]:
    to_send = counted(late.waiting, "entry", "entries") if late.waiting else ""
    said = f" It had {to_send} to send when it last said so." if to_send else ""
    if late.contact_ms is None:
        return Mark("Never heard from", "grave"), "Phone the office: is its computer on?"
    if now_ms - late.contact_ms > SILENT_AFTER_MS:
        silent = short_moment(late.contact_ms, now_ms)
        about = (
            f"Out of contact since {silent} ({age(now_ms - late.contact_ms)}): it may hold entries "
            f"that have not arrived.{said} Phone the office."
        )
        return Mark("Out of contact", "grave"), about
    if late.waiting is None:
        return Mark("Not told yet", "warn"), "It hears of it when it next asks: nothing to do."
    if late.waiting:
        return Mark(f"{to_send} to send", "warn"), "They go by themselves: nothing to do."
    if now_ms - late.since_ms > 2 * USUAL_MS:
        about = "Longer than usual. See whether the centre's backups run: it awaits one."
        return Mark("Everything sent", "warn"), about
    return Mark("Everything sent", "calm"), "It lets go after the centre's next backup."


def _nothing(asked: str, *, is_reader: bool) -> tuple[str, ...]:
    if asked and is_reader:
        return (
            "Nobody was found.",
            (
                "Try the beginning of the last name, a prison number or CRN, or the eight "
                "characters of a receipt."
            ),
        )
    if asked:
        return ("No receipt has this number.", "It has eight characters, like 5F3A22B1.")
    return (
        "Nobody is listed.",
        (
            "Every office has let go of whoever left it. When one has not, the person is listed "
            "here, the longest first."
        ),
    )


def _row(line: HolderLine) -> Row:
    lasting = f" ({line.ageing.words} ago)" if line.ageing is not None else ""
    since = f"{line.since[0].upper()}{line.since[1:]}{lasting}"
    return Row(title=line.office, marks=(line.state,), lines=(since, line.about))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else "No reason is given."
