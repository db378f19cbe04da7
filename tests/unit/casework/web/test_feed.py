"""The feed of changes: each told once, in the order in which this node came to hold it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from casework.desk.records import Addition, add
from tests.desks import Office, Offices
from tests.moving import MovingEstate, receive, received
from tests.webs import Api


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()]


def new_person(api: Api) -> str:
    return str(api.post("/people", {"first": "Robin", "last": "Example"}).json()["person"])


def put_in_cell(api: Api, person: str) -> None:
    body = {"values": {"location": "LEI-A-1-001"}}
    assert api.post(f"/people/{person}/records/cell", body).status_code == 201


def test_an_entry_tells_what_changed_of_whom_and_never_what_was_written(tmp_path: Path) -> None:
    office = Offices(tmp_path).open()
    office.hire("ash")
    with Api(office) as api:
        api.sign_in()
        person = new_person(api)
        answer = api.get("/events")
        assert answer.headers["content-type"].startswith("application/cloudevents-batch+json")
        (entry,) = answer.json()
        assert entry["specversion"] == "1.0"
        assert entry["type"] == "org.throughcare.person.changed"
        assert entry["subject"] == person
        assert entry["data"]["fields"] == ["names"]
        assert entry["dataschema"] == "/api/v1/kinds/person"
        assert entry["time"].endswith("Z")
        assert "Robin" not in answer.text
        assert answer.headers["throughcare-cursor"] == entry["cursor"]
        assert ("read", bytes.fromhex(person)) in office.audit()
    office.store.close()


def test_the_cursor_holds_across_a_restart(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.hire("ash")
    with Api(office) as api:
        api.sign_in()
        person = new_person(api)
        first = api.get("/events").json()
        put_in_cell(api, person)
    office.store.close()
    again = Office(tmp_path)
    with Api(again) as api:
        api.sign_in()
        rest = api.get("/events", after=first[-1]["cursor"]).json()
        assert [one["type"] for one in rest] == ["org.throughcare.cell.changed"]
        assert ids(api.get("/events")) == [one["id"] for one in (*first, *rest)]
        assert ids(api.get("/events", after=rest[-1]["cursor"])) == []
    again.store.close()


@pytest.mark.slow
def test_what_comes_late_by_sync_is_told_once_and_nothing_is_skipped(tmp_path: Path) -> None:
    estate = MovingEstate(tmp_path)
    leeds, brixton = estate.open("LEI"), estate.open("BXI")
    ash, birch = leeds.hire("ash"), brixton.hire("ash")
    person = received(leeds, ash)
    estate.settle()
    estate.centre.hire("ash")
    with Api(estate.centre) as api:
        api.sign_in()
        told = api.get("/events").json()
        # Written at Leeds first, and here only after what Brixton wrote later.
        leeds.clock.pass_ms(60_000)
        add(leeds.desk, ash, person, Addition("cell", {"location": "LEI-A-1-001"}))
        leeds.clock.pass_ms(60_000)
        receive(brixton, birch, received(brixton, birch, "Other"))
        estate.exchange("BXI")
        told += api.get("/events", after=told[-1]["cursor"]).json()
        estate.exchange("LEI")
        told += api.get("/events", after=told[-1]["cursor"]).json()
        assert told[-1]["type"] == "org.throughcare.cell.changed"
        assert told[-1]["time"] < told[-2]["time"]
        with estate.centre.store.reading() as reading:
            held = {row[0].hex() for row in reading.select("SELECT op_id FROM ops")}
        assert {one["id"] for one in told} == held
        assert len(told) == len(held)
    estate.close()


@pytest.mark.slow
def test_who_waits_is_answered_as_soon_as_something_comes(tmp_path: Path) -> None:
    office = Offices(tmp_path).open()
    office.hire("ash")
    with Api(office) as api, ThreadPoolExecutor(1) as apart:
        api.sign_in()
        new_person(api)
        cursor = api.get("/events").json()[-1]["cursor"]
        waiting = apart.submit(api.get, "/events", after=cursor, wait_s=20)
        person = api.post("/people", {"first": "Sam", "last": "Later"}).json()["person"]
        (entry,) = waiting.result(timeout=15).json()
        assert entry["subject"] == person
        assert api.get("/events", wait_s=31).status_code == 422
    office.store.close()


def test_it_is_read_in_parts(tmp_path: Path) -> None:
    office = Offices(tmp_path).open()
    office.hire("ash")
    with Api(office) as api:
        api.sign_in()
        for _ in range(3):
            api.post("/people", {"first": "Robin", "last": "Example", "confirmed": True})
        whole, cursor, parts = ids(api.get("/events")), "0", list[str]()
        while found := api.get("/events", after=cursor, limit=1).json():
            cursor = found[-1]["cursor"]
            parts += [one["id"] for one in found]
        assert parts == whole
    office.store.close()


def test_a_strange_cursor_is_refused_and_nobody_reads_it_unasked(tmp_path: Path) -> None:
    office = Offices(tmp_path).open()
    office.hire("ash")
    with Api(office) as api:
        assert api.get("/events").status_code == 401
        api.sign_in()
        new_person(api)
        assert api.get("/events", after="99999.00000000").json()["code"] == "cursor_unknown"
        assert api.get("/events", after="1.00000000").json()["code"] == "cursor_unknown"
        assert api.get("/events", after="later").json()["code"] == "invalid_value"
    office.store.close()
