"""The offices with their state: add one, give a code, let in what waits, revoke, trust again.

Whoever may see the estate sees the states; what is done is for administrators, each under their own
name, and letting in takes another one than gave the code (S3).
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from casework.access.actions import may
from casework.desk import gate
from casework.web.drafts import Receipt
from casework.web.enrolment_views import CodePage, EnrolmentPage
from casework.web.flow import Asked, Filled, Ids, Work, form_routes
from casework.web.forms import Choice, Field, Form
from casework.web.visit import GivenVisit, Visit
from casework.web.words import moment
from server.pages.enrolment_words import CODE_AT, PAGE, office_line, waiting_row
from server.services.joining import Joining
from server.services.node_entries import PORT, Entry, NewPlace
from server.services.quarantine import Said, revoke, trust_again
from sync_protocol.ids import NodeId, uuid7

OF_ONE: Final = f"{PAGE}/{{place:str}}"
PORT_MAX: Final = 65_535
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*")

KIND: Final = Field(
    name="kind",
    label="What it is",
    kind="radios",
    choices=(Choice("prison", "Prison"), Choice("probation", "Probation office")),
    when_missing="Choose what it is",
)
CODE: Final = Field(
    name="code",
    label="Its code",
    hint="Such as LEI, or N55LEE.",
    width="govuk-input--width-10",
    when_missing="Enter its code",
    tidy=str.upper,
)
NAME: Final = Field(
    name="name",
    label="Its name",
    hint="As pages show it: Leeds (HMP).",
    width="govuk-input--width-20",
    when_missing="Enter its name",
)
HOSTS: Final = Field(
    name="hosts",
    label="Where its staff will find its computer",
    hint="Names or addresses, with spaces between: leeds.example 10.0.0.5. They stand in its "
    "certificate.",
    when_missing="Enter a name or an address",
    tidy=str.lower,
)
PORT_FIELD: Final = Field(
    name="port",
    label="Port",
    kind="number",
    hint=f"{PORT} unless that computer serves something else there.",
    width="govuk-input--width-5",
    when_missing="Enter the port",
)
WHY: Final = Field(
    name="reason",
    label="Why",
    kind="long_text",
    hint="It is kept in the audit with your name.",
    when_missing="Write why",
)
WORDS: Final = Field(
    name="words",
    label="The six words that the office reads to you",
    hint="Type them as you hear them, in their order.",
    when_missing="Type the six words",
)


def routes(joining: Joining) -> list[HTTPRouteHandler]:
    """The list, the code, and the forms."""
    return [
        *_lists(joining),
        *form_routes(f"{PAGE}/new", _new(joining)),
        *form_routes(f"{OF_ONE}/approve", _approve(joining)),
        *form_routes(f"{OF_ONE}/refuse", _refuse(joining)),
        *form_routes(f"{OF_ONE}/revoke", _revoke(joining)),
        *form_routes(f"{OF_ONE}/trust", _trust(joining)),
    ]


def _lists(joining: Joining) -> list[HTTPRouteHandler]:
    @get(PAGE, sync_to_thread=True)
    def show_enrolment(request: Request[Any, Any, Any], visit: GivenVisit) -> Response[str]:
        gate.allow(visit.desk, visit.caller, "see_estate")
        notice = visit.saved_notice(request.query_params.get("saved"))
        return visit.page("enrolment.html", notice=notice, view=_view(visit, joining))

    @post(CODE_AT, sync_to_thread=True, status_code=200)
    def take_code(place: FromPath[str], visit: GivenVisit) -> Response[str]:
        gate.allow(visit.desk, visit.caller, "run_nodes")
        entry = joining.nodes.entry(place)
        told = joining.invite_again(entry, visit.caller.staff, "")
        view = CodePage(
            office=entry.name,
            code=told.code,
            invitation=told.invitation,
            until=moment(told.ends_ms, visit.now_ms),
            back=PAGE,
        )
        return visit.page("enrolment_code.html", view=view)

    return [show_enrolment, take_code]


def _view(visit: Visit, joining: Joining) -> EnrolmentPage:
    may_run = may(visit.caller, "run_nodes")
    given = {one.node: one for one in joining.nodes.given()}
    entries = {one.node: one for one in joining.nodes.entries()}
    return EnrolmentPage(
        may_run=may_run,
        waiting=tuple(
            waiting_row(visit, one, entries[one.node], may_run=may_run)
            for one in joining.nodes.waiting()
        ),
        offices=tuple(
            office_line(visit, one, given.get(one.node), may_run=may_run)
            for one in entries.values()
        ),
    )


def _new(joining: Joining) -> Work:
    def ask(visit: Visit, ids: Ids) -> Asked:
        del ids
        gate.allow(visit.desk, visit.caller, "run_nodes")
        form = Form(
            title="Add an office",
            lead=("It gets a code for its computer afterwards.",),
            check_title="Check before you add it",
            save="Add the office",
            fields=(KIND, CODE, NAME, HOSTS, PORT_FIELD, WHY),
        )
        return Asked(form=form, back=PAGE, values={"port": str(PORT)})

    def check(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
        del visit, ids
        return faults_of(values)

    def save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
        del ids
        gate.allow(visit.desk, visit.caller, "run_nodes")
        values = filled.values
        place = NewPlace(
            kind="prison" if values["kind"] == "prison" else "probation",
            code=values["code"],
            name=values["name"],
            hosts=tuple(values["hosts"].split()),
            port=int(values["port"]),
        )
        node = NodeId(uuid7(visit.now_ms, visit.desk.chance(10)))
        joining.nodes.plan(node, place, visit.caller.staff, values["reason"])
        return Receipt(f"{place.name} is added: give whoever sets it up a code", "", PAGE)

    return Work(ask=ask, save=save, check=check)


def faults_of(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the place of a new office, by the name of its field."""
    faults = {}
    if not values["code"].isascii() or not values["code"].isalnum():
        faults["code"] = "The code may hold letters and digits only"
    if not all(is_host(one) for one in values["hosts"].split()):
        faults["hosts"] = "Enter names such as leeds.example or addresses such as 10.0.0.5"
    if not values["port"].isdigit() or not 0 < int(values["port"]) <= PORT_MAX:
        faults["port"] = f"The port is a number from 1 to {PORT_MAX}"
    return faults


def is_host(text: str) -> bool:
    """Whether a certificate can name this: an address, or a name of letters, digits and hyphens."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return True


def _approve(joining: Joining) -> Work:
    def save(visit: Visit, entry: Entry, filled: Filled) -> str:
        joining.approve(entry, visit.caller.staff, filled.values["words"])
        return f"{entry.name} is let in"

    lead = (
        "Telephone the office by a number that you know, and have its six words read to you.",
        "If they are not those listed here, refuse it: somebody stands between.",
    )
    asked = ("Let {} in", lead, "Let it in", WORDS)
    return _of_one(joining, asked, save)


def _refuse(joining: Joining) -> Work:
    def save(visit: Visit, entry: Entry, filled: Filled) -> str:
        joining.nodes.refuse(entry.node, visit.caller.staff, filled.values["reason"])
        return f"{entry.name} was refused"

    lead = ("The computer that waits is turned away. For another attempt it needs a new code.",)
    return _of_one(joining, ("Refuse {}", lead, "Refuse it", WHY), save)


def _revoke(joining: Joining) -> Work:
    def save(visit: Visit, entry: Entry, filled: Filled) -> str:
        said = Said(visit.caller.staff, filled.values["reason"])
        revoke(joining.store, entry.node, said)
        return f"{entry.name} is revoked"

    lead = (
        "From now on nothing that its computer sends counts until two people have judged it.",
        "Nothing is sent to it, and it is told to lock what it holds.",
        "What reached the centre before stands. Its staff can go on recording there.",
    )
    return _of_one(joining, ("Revoke {}", lead, "Revoke it", WHY), save)


def _trust(joining: Joining) -> Work:
    def save(visit: Visit, entry: Entry, filled: Filled) -> str:
        said = Said(visit.caller.staff, filled.values["reason"])
        trust_again(joining.store, entry.node, said)
        return f"{entry.name} is trusted again"

    lead = (
        "Only where you know that nobody had its computer: else give a code for another one.",
        "What came of it meanwhile stays in quarantine, until two people have judged it.",
    )
    return _of_one(joining, ("Trust {} again", lead, "Trust it again", WHY), save)


def _of_one(
    joining: Joining,
    asked: tuple[str, tuple[str, ...], str, Field],
    do: Callable[[Visit, Entry, Filled], str],
) -> Work:
    """A form of one question about one office; `do` says what was done."""
    title, lead, words, field = asked

    def ask(visit: Visit, ids: Ids) -> Asked:
        gate.allow(visit.desk, visit.caller, "run_nodes")
        named = title.format(joining.nodes.entry(ids["place"]).name)
        form = Form(
            title=named,
            lead=lead,
            check_title=f"Check: {named[:1].lower()}{named[1:]}",
            save=words,
            fields=(field,),
        )
        return Asked(form=form, back=PAGE)

    def save(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
        gate.allow(visit.desk, visit.caller, "run_nodes")
        return Receipt(do(visit, joining.nodes.entry(ids["place"]), filled), "", PAGE)

    return Work(ask=ask, save=save)
