"""Somebody moves from Leeds to Brixton, as both offices and the centre see it in Chromium."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.services.scope import held_leaves
from tests.browser.conftest import Browsing, Look
from tests.browser.gallery import served
from tests.browser.steps import Staff
from tests.browser.terminal import Terminal, terminal_of
from tests.moving import MINUTE_MS, MovingEstate, receive, received, send

pytestmark = pytest.mark.browser

NAME = "Daniel Hargreaves"


class Town:
    """Leeds, Brixton and the centre, each served to its staff."""

    def __init__(self, folder: Path, stack: ExitStack, browsing: Browsing) -> None:
        """Nobody is known anywhere."""
        self.estate = MovingEstate(folder, leaves_floor=4)
        stack.callback(self.estate.close)
        self.browsing = browsing
        offices = {
            "CENTRE": self.estate.centre,
            "LEI": self.estate.open("LEI"),
            "BXI": self.estate.open("BXI"),
        }
        self.terminals: dict[str, Terminal] = {}
        self.urls: dict[str, str] = {}
        for code, office in offices.items():
            office.hire("ash")
            self.terminals[code] = terminal_of(office)
            self.urls[code] = stack.enter_context(served(self.terminals[code].app))
        self.estate.centre.hire("cedar", "administrator")

    def at(self, code: str, name: str = "ash", *, scripts: bool = True) -> Staff:
        """Somebody at a terminal of an office, signed in."""
        staff = Staff(self.browsing.open(scripts=scripts), self.urls[code])
        staff.sign_in(name)
        return staff

    def cut(self, code: str) -> None:
        """The line of an office goes down."""
        self.estate.lines[code].is_cut = True
        self.terminals[code].line.is_up = False

    def mend(self, code: str) -> None:
        """It comes back, and everybody hears of everything."""
        self.estate.lines[code].is_cut = False
        self.terminals[code].line.is_up = True
        self.estate.settle()


@pytest.fixture
def town(tmp_path: Path, browsing: Browsing) -> Iterator[Town]:
    """The three of them."""
    with ExitStack() as stack:
        yield Town(tmp_path, stack, browsing)


def record(staff: Staff, person: str, way: str, **chosen: str) -> None:
    """Fill in the form of a movement that happens now."""
    staff.go(f"{person}/movements/{way}")
    for name, value in chosen.items():
        staff.page.select_option(f"#{name}", value)
    staff.press("Continue")
    staff.press("Record movement")


class Move:
    """One person who moves, and somebody at each place who looks on."""

    def __init__(self, town: Town, look: Look, *, scripts: bool) -> None:
        """Nobody is known yet."""
        self.town, self.look = town, look
        self.leeds = town.at("LEI", scripts=scripts)
        self.brixton = town.at("BXI", scripts=scripts)
        self.centre = town.at("CENTRE", scripts=scripts)
        self.person = ""

    def is_sent(self) -> None:
        """Leeds receives somebody, and sends them to Brixton."""
        leeds, town = self.leeds, self.town
        leeds.go("/departures")
        leeds.sees("Nobody is leaving this office.")
        leeds.sees("No record has been let go of here")
        self.person = leeds.create()
        record(leeds, self.person, "in", reason="ADM/V")
        leeds.sees("Here")
        town.estate.settle()
        town.estate.clock.pass_ms(MINUTE_MS)
        record(leeds, self.person, "transfer", other="BXI")
        leeds.sees("No longer inside")
        town.estate.settle()
        leeds.go(self.person)
        leeds.sees("On the way elsewhere")

    def arrives(self) -> None:
        """Brixton expects them, and receives them while Leeds cannot be reached."""
        brixton, town = self.brixton, self.town
        brixton.go("/board")
        brixton.sees("Arriving")
        self.look(brixton.page, "moving-board-arriving")
        brixton.go(self.person)
        brixton.sees("Arriving: not received here yet")
        self.look(brixton.page, "moving-arriving")
        town.cut("LEI")
        town.estate.clock.pass_ms(MINUTE_MS)
        brixton.follow("Record the reception")
        brixton.page.select_option("#reason", "ADM/INT")
        brixton.press("Continue")
        brixton.press("Record movement")
        brixton.sees("Reception recorded")
        brixton.sees_no("Arriving")
        town.estate.exchange("BXI")
        town.estate.clock.pass_ms(9 * MINUTE_MS)
        brixton.go(self.person)
        brixton.sees("This record is being handed over by Leeds (HMP)")

    def is_not_let_go_of(self) -> None:
        """The centre says who has not let go, and why that may be."""
        centre = self.centre
        centre.go("/nodes")
        self.look(centre.page, "moving-nodes")
        centre.follow("1 person not let go of by the office they left")
        centre.sees("Out of contact since")
        self.look(centre.page, "moving-holders")
        centre.follow(NAME)
        centre.sees("Who holds this record")
        self.look(centre.page, "moving-centre-person")

    def leaves(self) -> None:
        """Leeds, which had not been told, writes on, and writes on when it is told."""
        leeds, town = self.leeds, self.town
        leeds.add_note(self.person, "Gave him his letters before he went.")
        town.mend("LEI")
        leeds.go(self.person)
        leeds.sees("Leaving: everything is at the centre")
        town.cut("LEI")
        leeds.add_note(self.person, "His brother rang for him.")
        leeds.sees("Leaving: 1 entry to send")
        self.look(leeds.page, "moving-leaving")
        leeds.go("/departures")
        leeds.sees(NAME)
        self.look(leeds.page, "moving-departures")

    def is_let_go_of_while_somebody_writes(self) -> None:
        """What was being typed is given back; the record is a receipt, and nothing else."""
        leeds, town = self.leeds, self.town
        leeds.go(f"{self.person}/notes/new")
        leeds.page.select_option("#subtype", index=1)
        leeds.page.fill("#text", "Half of what I wanted to say.")
        town.mend("LEI")
        town.estate.back_up()
        town.estate.settle()
        leeds.press("Continue")
        leeds.sees("This record has left this office")
        leeds.sees("Half of what I wanted to say.")
        self.look(leeds.page, "moving-left-while-writing")
        leeds.go(self.person)
        leeds.sees("This record has left this office")
        leeds.sees_no(NAME)
        self.look(leeds.page, "moving-gone")
        leeds.follow("Receipts of those who left here")
        leeds.sees("The centre has the receipt")
        leeds.sees_no(NAME)
        self.look(leeds.page, "moving-receipts")

    def is_found_by_the_receipt(self) -> None:
        """Brixton has all that was written, and the centre knows whose receipt it is."""
        brixton, centre = self.brixton, self.centre
        receipt = self.leeds.page.locator(".tc-receipt").first.inner_text()
        brixton.go(self.person)
        brixton.sees("His brother rang for him.")
        brixton.sees("Arrived late")
        brixton.sees_no("handed over by")
        centre.go("/holders")
        centre.page.fill("#q", receipt)
        centre.press("Search")
        centre.sees(NAME)
        centre.sees("1 receipt from offices that let go")
        self.look(centre.page, "moving-receipt-found")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_person_moves_and_every_place_says_where_they_stand(
    town: Town, look: Look, *, scripts: bool
) -> None:
    move = Move(town, look, scripts=scripts)
    move.is_sent()
    move.arrives()
    move.is_not_let_go_of()
    move.leaves()
    move.is_let_go_of_while_somebody_writes()
    move.is_found_by_the_receipt()


def test_an_office_that_stays_silent_is_warned_of(town: Town, look: Look) -> None:
    ash = town.estate.offices["LEI"].hire("birch")
    person = received(town.estate.offices["LEI"], ash, "Okoro")
    town.estate.settle()
    send(town.estate.offices["LEI"], ash, person, "BXI")
    town.estate.settle()
    town.cut("LEI")
    receive(town.estate.offices["BXI"], ash, person)
    town.estate.exchange("BXI")
    town.estate.clock.pass_ms(6 * 60 * MINUTE_MS)
    town.estate.exchange("BXI")
    brixton = town.at("BXI")
    brixton.go(f"/people/{person.hex()}")
    brixton.sees("Leeds (HMP) has been out of contact since")
    look(brixton.page, "moving-entries-missing")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_more_leaves_than_usual_wait_for_an_administrator(
    town: Town, look: Look, *, scripts: bool
) -> None:
    leeds, brixton = town.estate.offices["LEI"], town.estate.offices["BXI"]
    ash = leeds.hire("birch")
    people = [received(leeds, ash, f"Okoro{number}") for number in range(7)]
    for person in people[:4]:
        send(leeds, ash, person, "BXI")
    town.estate.settle()
    for person in people[:4]:
        receive(brixton, ash, person)
    town.estate.settle()
    staff = town.at("CENTRE", scripts=scripts)
    staff.sees("More people than usual would leave")
    look(staff.page, "held-back-banner")
    staff.follow("Look and decide")
    staff.sees("Tell an administrator of the centre.")
    look(staff.page, "held-back-staff")
    cedar = town.at("CENTRE", "cedar", scripts=scripts)
    cedar.follow("Look and decide")
    look(cedar.page, "held-back-administrator")
    held = len(held_leaves(town.estate.centre.store))
    assert held
    cedar.follow("Confirm: they leave")
    cedar.press("Continue")
    cedar.sees("Write why")
    look(cedar.page, "held-back-faulty")
    cedar.page.fill("#reason", "The duty governor says that A wing has moved.")
    cedar.press("Continue")
    cedar.sees("Nothing is saved yet.")
    look(cedar.page, "held-back-check")
    cedar.page.get_by_role("button", name="Confirm:").dblclick()
    cedar.sees("Confirmed: these people leave")
    cedar.sees("Nobody is held back.")
    look(cedar.page, "held-back-done")
    assert held_leaves(town.estate.centre.store) == []
    with town.estate.centre.store.reading() as reading:
        lines = reading.select("SELECT count(*) FROM audit WHERE act = 'confirm_leave'")
    assert lines == [(held,)]
    staff.go("/nodes")
    expect(staff.page.get_by_text("More people than usual")).to_have_count(0)
