"""The centre's pages of who holds whom and of people held back, and the API of both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.access.caller import Caller
from casework.desk.held_back import held_back
from casework.records.files import RESTRICTED_FILE, file_subject
from server.services.scope import (
    Decision,
    HeldBackChanged,
    NothingHeldBack,
    cancel_leaves,
    confirm_leaves,
    held_leaves,
)
from sync_protocol.ids import SubjectId
from sync_protocol.io.recovery import begin_recovery
from tests.desks import node_id
from tests.moving import MINUTE_MS, NAME, MovingEstate, Pair, receive, received, send
from tests.terminals import at, page
from tests.unit.casework.desk.steps import restrict
from tests.webs import Api

pytestmark = pytest.mark.unhurried

LEEDS = node_id("LEI")
HOUR_MS = 60 * MINUTE_MS


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.estate.centre.hire("ash")
    made.estate.centre.hire("cedar", "administrator")
    yield made
    made.estate.close()


class Breaker:
    """Leeds with seven people, of whom four are sent to Brixton: two may leave in an hour."""

    def __init__(self, folder: Path) -> None:
        """Two have left and two are held back."""
        # A person is two files.
        self.estate = MovingEstate(folder, leaves_floor=4)
        self.centre, self.leeds = self.estate.centre, self.estate.open("LEI")
        self.brixton = self.estate.open("BXI")
        self.ash = self.leeds.hire("ash")
        self.centre.hire("ash")
        self.cedar = self.centre.hire("cedar", "administrator")
        self.people = [received(self.leeds, self.ash, f"{NAME}{at}") for at in range(7)]
        self.estate.settle()
        for person in self.people[:4]:
            self.move(person)

    def move(self, person: SubjectId) -> None:
        """Brixton receives somebody of Leeds."""
        send(self.leeds, self.ash, person, "BXI")
        self.estate.exchange("LEI")
        self.estate.exchange("BXI")
        receive(self.brixton, self.ash, person)
        self.estate.exchange("BXI")

    def seen(self) -> str:
        """What a page of those held back shows now."""
        (office,) = held_back(self.centre.desk, self.cedar)
        return office.seen

    def decision(self, seen: str) -> Decision:
        """Cedar's word about Leeds."""
        return Decision(LEEDS, self.cedar.staff, "Phoned the duty governor.", seen)


@pytest.fixture
def breaker(tmp_path: Path) -> Iterator[Breaker]:
    made = Breaker(tmp_path)
    yield made
    made.estate.close()


@pytest.mark.slow
def test_everybody_is_listed_with_who_holds_them_and_why(pair: Pair) -> None:
    told = page(pair.estate.centre, "/holders")
    assert NAME in told
    assert "<strong>Leeds (HMP)</strong> since 12:01" in told
    assert "In custody there." in told
    assert "not let go of by the office" not in page(pair.estate.centre, "/nodes")


def test_whoever_is_not_let_go_of_comes_first_and_how_long_is_said(pair: Pair) -> None:
    pair.send()
    pair.estate.lines["LEI"].is_cut = True
    pair.receive()
    pair.estate.clock.pass_ms(5 * HOUR_MS)
    centre = pair.estate.centre
    assert "1 person not let go of by the office they left" in page(centre, "/nodes")
    told = page(centre, "/holders")
    assert "not let go of for 5 h" in told
    assert told.count("tc-age__step--on") == 3
    assert "Out of contact since 12:02 (5 h 1 min): it may hold entries" in told
    assert told.index("Leeds (HMP)") < told.index("Brixton (HMP)")
    card = page(centre, f"/people/{pair.person.hex()}")
    assert "Who holds this record" in card
    assert "They left 12:03 (5 h ago)" in card


@pytest.mark.slow
def test_what_an_office_has_still_to_send_is_said_and_then_its_receipt(pair: Pair) -> None:
    pair.send()
    pair.receive()
    pair.estate.exchange("LEI")
    centre = pair.estate.centre
    told = page(centre, "/holders?show=waiting")
    assert ">Everything sent</strong>" in told
    assert "It lets go after the centre's next backup." in told
    pair.let_go()
    told = page(centre, f"/holders?q={NAME}")
    assert "1 receipt from offices that let go" in told
    with centre.store.reading() as reading:
        (receipt,) = reading.scope.receipts(pair.person)
    assert f"Receipt {receipt.number}" in told
    assert NAME in page(centre, f"/holders?q={receipt.number}&show=all")
    assert "Nobody is listed." in page(centre, "/holders?show=waiting")
    assert "Nobody was found." in page(centre, "/holders?q=zzz")


def test_an_administrator_is_shown_references_and_no_name(pair: Pair) -> None:
    pair.send()
    pair.receive()
    told = page(pair.estate.centre, "/holders", "cedar")
    assert NAME not in told
    assert f"…{pair.person.hex()[-8:]}" in told
    assert "Leeds (HMP)" in told
    assert NAME not in page(pair.estate.centre, f"/holders?q={NAME}", "cedar").replace(
        f'value="{NAME}"', ""
    )


def test_nobody_is_told_of_a_restricted_person(pair: Pair) -> None:
    centre = pair.estate.centre
    ash = Caller(pair.ash.staff, "Ash", "staff", "t")
    restrict(centre, pair.mover, pair.person, ash)
    pair.estate.settle()
    pair.send()
    pair.receive()
    assert "not let go of by" not in page(centre, "/nodes")
    assert NAME not in page(centre, "/holders?show=all")
    assert "Nobody is listed." in page(centre, "/holders?show=waiting")


@pytest.mark.slow
def test_a_long_list_is_read_page_by_page(tmp_path: Path) -> None:
    estate = MovingEstate(tmp_path)
    ash = estate.centre.hire("ash")
    leeds = estate.open("LEI")
    leeds.hire("ash")
    for number in range(27):
        received(leeds, ash, f"Person{number}")
    estate.settle()
    first = page(estate.centre, "/holders")
    assert first.count('<li class="tc-found">') == 25
    assert "after=25" in first
    second = page(estate.centre, "/holders?show=all&after=25")
    assert second.count('<li class="tc-found">') == 2
    assert "Earlier in this list" in second
    assert page(estate.centre, "/holders?office=BXI").count('<li class="tc-found">') == 0
    assert page(estate.centre, "/holders?office=LEI").count('<li class="tc-found">') == 25
    estate.close()


@pytest.mark.slow
def test_more_leaves_than_usual_are_said_on_every_page_of_the_centre(breaker: Breaker) -> None:
    for path in ("/nodes", "/holders", "/parked"):
        told = page(breaker.centre, path)
        assert "More people than usual would leave" in told
        assert "2 people of 5 would leave Leeds (HMP)" in told
    told = page(breaker.centre, "/held-back")
    assert told.count("2 people of 5 would leave Leeds (HMP)") == 1
    assert "Brixton (HMP): 2" in told
    assert f"{NAME}3" in told
    assert "Tell an administrator of the centre." in told
    assert "/held-back/LEI/confirm" not in told
    assert breaker.centre.audit().count(("read", breaker.people[3])) == 1
    administrators = page(breaker.centre, "/held-back", "cedar")
    assert NAME not in administrators
    assert "/held-back/LEI/confirm" in administrators


def test_only_an_administrator_decides(breaker: Breaker) -> None:
    with at(breaker.centre) as ash:
        for way in ("confirm", "cancel"):
            ash.get(f"/held-back/LEI/{way}")
            assert ash.status == 403
            ash.post(f"/held-back/LEI/{way}", reason="I say so.", step="save")
            assert ash.status == 403
    assert len(held_leaves(breaker.centre.store)) == 4


@pytest.mark.slow
@pytest.mark.parametrize(("way", "act"), [("confirm", "confirm_leave"), ("cancel", "cancel_leave")])
def test_a_decision_needs_a_reason_and_is_in_the_audit_once(
    way: str, act: str, breaker: Breaker
) -> None:
    path = f"/held-back/LEI/{way}"
    with at(breaker.centre, "cedar") as cedar:
        cedar.get(path)
        cedar.post(path, reason="")
        assert cedar.status == 422
        cedar.post(path, reason="Phoned the duty governor.")
        assert "Nothing is saved yet." in cedar.text
        assert len(held_leaves(breaker.centre.store)) == 4
        check = cedar.text
        cedar.post(path, step="save")
        assert cedar.status == 200
        assert "Nobody is held back." in cedar.text
        cedar.text = check
        cedar.post(path, step="save")
        assert cedar.status == 200, "a second press finds the first one's answer"
        cedar.get(path)
        assert cedar.status == 409
        assert "There is nothing to decide here" in cedar.text
    assert held_leaves(breaker.centre.store) == []
    with breaker.centre.store.reading() as reading:
        sql = "SELECT why, actor, count(*) FROM audit WHERE act = ? GROUP BY 1, 2"
        lines = reading.select(sql, (act,))
    assert lines == [("Phoned the duty governor.", breaker.cedar.staff, 4)]
    breaker.estate.settle()
    with breaker.leeds.store.reading() as reading:
        leaving = {one.subject for one in reading.scope.leaving()}
    assert (breaker.people[3] in leaving) == (way == "confirm")


def test_nothing_is_decided_without_the_forms_token(breaker: Breaker) -> None:
    with at(breaker.centre, "cedar") as cedar:
        typed = {"reason": "x y", "step": "save"}
        answer = cedar.http.post("/held-back/LEI/confirm", data=typed)
        assert answer.status_code == 403
    assert len(held_leaves(breaker.centre.store)) == 4


@pytest.mark.slow
@pytest.mark.parametrize("decide", [confirm_leaves, cancel_leaves])
def test_a_decision_is_about_those_who_were_shown(decide: object, breaker: Breaker) -> None:
    assert callable(decide)
    seen = breaker.seen()
    breaker.move(breaker.people[4])
    with pytest.raises(HeldBackChanged):
        decide(breaker.centre.store, breaker.decision(seen))
    assert len(held_leaves(breaker.centre.store)) == 6
    assert decide(breaker.centre.store, breaker.decision(breaker.seen())) == 6
    with pytest.raises(NothingHeldBack):
        decide(breaker.centre.store, breaker.decision(seen))


@pytest.mark.slow
def test_a_page_that_was_overtaken_decides_nothing(breaker: Breaker) -> None:
    with at(breaker.centre, "cedar") as cedar:
        path = "/held-back/LEI/confirm"
        cedar.get(path)
        cedar.post(path, reason="Phoned them.")
        breaker.move(breaker.people[4])
        cedar.post(path, step="save")
        assert "Others would leave this office now than those you were shown" in cedar.text
    assert len(held_leaves(breaker.centre.store)) == 6


@pytest.mark.slow
def test_a_restored_centre_says_whom_it_awaits_and_lets_nobody_decide(breaker: Breaker) -> None:
    with breaker.centre.store.core.transaction():
        begin_recovery(breaker.centre.store.core, [LEEDS])
    told = page(breaker.centre, "/holders")
    assert "The centre was restored, and awaits 2 offices" in told
    assert "Awaited: Brixton (HMP) and Leeds (HMP)." in told
    with at(breaker.centre, "cedar") as cedar:
        path = "/held-back/LEI/confirm"
        cedar.get(path)
        cedar.post(path, reason="Phoned them.")
        cedar.post(path, step="save")
        assert "The centre was restored and still awaits some office" in cedar.text
    assert len(held_leaves(breaker.centre.store)) == 4


def test_the_api_tells_who_holds_a_person_at_the_centre_alone(pair: Pair) -> None:
    pair.send()
    pair.receive()
    pair.estate.exchange("LEI")
    path = f"/people/{pair.person.hex()}/holders"
    with Api(pair.estate.centre) as api:
        api.sign_in()
        told = api.get(path).json()
        assert [one["name"] for one in told["holders"]] == ["Brixton (HMP)"]
        assert told["holders"][0]["reasons"] == ["in_custody"]
        (late,) = told["not_let_go"]
        assert (late["name"], late["waiting"]) == ("Leeds (HMP)", 0)
        (departure,) = api.get("/departures").json()["departures"]
        assert departure["person"] == pair.person.hex()
        pair.let_go()
        told = api.get(path).json()
        assert told["not_let_go"] == []
        (receipt,) = told["receipts"]
        assert (receipt["name"], receipt["act"]) == ("Leeds (HMP)", "sealed")
        kept = api.get("/departures").json()
        assert kept["departures"] == []
        assert pair.person.hex() in {one["person"] for one in kept["receipts"]}
        assert api.get("/departures", limit=1).json()["after"] == 1
        assert api.get("/departures", limit=0).status_code == 422
        assert api.get(f"/people/{'0' * 32}/holders").json()["code"] == "not_found"
    with Api(pair.leeds) as api:
        api.sign_in()
        refused = api.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "only_at_centre")
        assert refused.headers["content-type"].startswith("application/problem+json")
        own = api.get("/departures").json()
        assert {one["name"] for one in own["receipts"]} == {"Leeds (HMP)"}
        assert {one["person"] for one in own["receipts"]} == {None}
        gone = api.get(f"/people/{pair.person.hex()}")
        assert (gone.status_code, gone.json()["code"]) == (410, "has_left")
        document = api.get("/openapi.json").json()["paths"]
        assert {"/api/v1/departures", "/api/v1/people/{person}/holders"} <= document.keys()


@pytest.mark.slow
def test_a_restricted_file_that_leaves_last_is_nobody(pair: Pair) -> None:
    pair.send()
    pair.receive()
    pair.let_go()
    core = pair.leeds.store.core
    with core.transaction():
        number = core.log.subject_no(file_subject(pair.person, RESTRICTED_FILE))
        sql = "UPDATE departures SET state = 'drained' WHERE subject_no = ?"
        core.connection.execute(sql, (number,))
    with Api(pair.leeds) as api:
        api.sign_in()
        assert api.get("/departures").json()["departures"] == []
    assert "Nobody is leaving this office." in page(pair.leeds, "/departures")


def test_an_office_tells_by_the_api_who_is_leaving_it(pair: Pair) -> None:
    pair.send()
    pair.receive()
    pair.estate.exchange("LEI")
    with Api(pair.leeds) as api:
        assert api.get("/departures").status_code == 401
        api.sign_in()
        (departure,) = api.get("/departures").json()["departures"]
    assert (departure["person"], departure["waiting"]) == (pair.person.hex(), 0)
    with Api(pair.brixton) as api:
        api.sign_in()
        assert api.get("/departures").json()["departures"] == []
