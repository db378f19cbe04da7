"""Release, recall and temporary licence: what the status machine allows, and what it holds."""

from typing import Any

import pytest

from casework.rules.custody import CustodyState, custody_state
from tests import toys
from tests.casefile import Row, at, into, out, row
from tests.custodies import decision, hex_of, release_values, signature

HELD = into("LEI", 0, "I")
FREED = out("LEI", 5, "REL", "CR")


def state(*rows: Row, hours: float = 24) -> CustodyState:
    return custody_state(rows, as_of_ms=at(hours))


def codes(found: CustodyState) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in found.findings]


def released(hours: float, record: int = 1, place: str = "LEI", **values: Any) -> Row:
    return row("release", record, **release_values(hours, place, **values))


def recalled(hours: float, record: int = 2, **values: Any) -> Row:
    signed = [signature("SPO"), signature("ACO")]
    usual = {"decision": [decision(hours)], "signature": signed, "status": "open", "type": "LR"}
    return row("recall", record, **usual | values)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((HELD,), "A"),
        ((into("LEI", 0, "N"),), "D"),
        ((HELD, FREED), "B"),
        ((HELD, FREED, recalled(6)), "C"),
        ((HELD, FREED, recalled(6), into("HLI", 9, "L")), "D"),
        ((HELD, out("LEI", 5, "TAP", "YRDR")), "R"),
        ((HELD, out("LEI", 5, "TAP", "YRDR"), into("LEI", 9, "R")), "D"),
        ((HELD, out("LEI", 5, "TAP", "PC")), "A"),
        ((into("LEI", 0, "E"),), "I"),
        ((HELD, out("LEI", 5, "REL", "SC")), "T"),
        ((HELD, out("LEI", 5, "REL", "DEC")), "T"),
        ((HELD, out("LEI", 5, "REL", "BL")), None),
    ],
)
def test_the_status_of_probation_follows_what_happened(
    rows: tuple[Row, ...], code: str | None
) -> None:
    assert state(*rows).code == code


def test_a_release_and_the_departure_on_it_are_one() -> None:
    for one in (released(5), released(5.5), released(9, movement=FREED.key.record.hex())):
        free = state(HELD, FREED, one)
        assert (free.status, free.since_ms, free.findings) == ("in_community", at(5), ())
        assert free.licensed is not None
        assert free.licensed.record == one.key.record


def test_a_release_recorded_alone_releases() -> None:
    free = state(HELD, released(5))
    assert (free.status, free.former_place, free.findings) == ("in_community", "LEI", ())


@pytest.mark.parametrize("reason", ["CR", "SC"])
def test_one_release_in_two_records_is_told_and_changes_nothing(reason: str) -> None:
    free = state(HELD, released(5, reason=reason), released(6, 3, reason=reason))
    assert (free.status, free.since_ms) == ("in_community", at(5))
    assert codes(free) == [("release_recorded_twice", "S3")]


def test_a_release_struck_out_releases_nobody() -> None:
    assert state(HELD, released(5, status="closed")).place == "LEI"


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (out("LEI", 3, "TAP", "YRDR"), "who is out on temporary licence and has not come back"),
        (out("LEI", 3, "TRN", "NOTR", "HLI"), "who was not in its custody"),
        (into("LEI", 3, "E"), "who is detained as an immigration detainee"),
    ],
)
def test_a_release_that_cannot_be_is_held_and_says_why(before: Row, why: str) -> None:
    held = state(HELD, before, released(5), hours=6)
    assert held.status != "in_community"
    assert codes(held) == [("unable_to_release", "S1")]
    assert held.findings[0].words == (
        f"Leeds recorded a release at 12:00 on 22 November 2026 of somebody {why}. "
        "Check where the person is, and whether they were released in error."
    )


def test_an_immigration_detainee_may_be_bailed() -> None:
    assert state(into("LEI", 0, "E"), out("LEI", 5, "REL", "BD")).status == "in_community"


def test_a_removal_centre_is_custody() -> None:
    moving = state(HELD, out("LEI", 5, "REL", "CR", "MHI"), hours=6)
    assert (moving.status, moving.transit_to) == ("in_transit", "MHI")
    there = state(HELD, out("LEI", 5, "REL", "CR", "MHI"), into("MHI", 9, "INT"))
    assert (there.status, there.place) == ("in_custody", "MHI")


def test_whoever_absconds_from_a_temporary_licence_is_unlawfully_at_large() -> None:
    gone = state(HELD, out("LEI", 5, "TAP", "YRDR"), out("LEI", 9, "REL", "UAL"))
    assert (gone.status, gone.code) == ("unlawfully_at_large", "D")
    assert gone.findings[0].words == "Unlawfully at large since leaving Leeds."


def test_a_recall_of_somebody_out_on_temporary_licence_calls_them_back() -> None:
    away = state(HELD, out("LEI", 5, "TAP", "YRDR"), recalled(6))
    assert (away.status, away.place, away.code) == ("temporarily_absent", "LEI", "C")
    assert codes(away) == [("recalled_while_absent", "S1")]


def test_a_recall_and_an_escape_are_both_told() -> None:
    gone = state(HELD, FREED, into("LEI", 8, "N"), recalled(9), out("LEI", 10, "REL", "ESCP"))
    assert codes(gone) == [("unlawfully_at_large", "S1")]
    assert "Recall was decided at 16:00 on 22 November 2026, and is in force." in (
        gone.findings[0].words
    )


def test_a_recall_of_somebody_back_in_custody_ends_their_release() -> None:
    held = state(HELD, FREED, into("LEI", 8, "N"), recalled(9))
    assert (held.status, held.code) == ("in_custody", "D")
    assert held.recall_ends is not None
    assert codes(held) == [("recall_in_force", "S2")]


def test_a_recall_of_somebody_never_received_asks_where_they_are() -> None:
    assert codes(state(recalled(9))) == [("recall_in_force", "S1")]


def test_only_a_signed_open_recall_is_in_force() -> None:
    assert state(HELD, FREED, recalled(6, signature=[signature("SPO")])).code == "B"
    assert state(HELD, FREED, recalled(6, status="closed")).code == "B"
    emergency = recalled(6, signature=[signature("ACO")], is_emergency=True)
    assert state(HELD, FREED, emergency).code == "C"


def test_who_is_recalled_cannot_be_recalled_again() -> None:
    once = state(HELD, FREED, recalled(6))
    twice = state(HELD, FREED, recalled(6), recalled(7, 3))
    assert twice == once


def test_a_release_at_the_moment_of_the_recall_is_one_that_the_recall_forbids() -> None:
    assert codes(state(HELD, released(5), recalled(5))) == [("possible_release_in_error", "S1")]


def test_a_release_that_knew_and_gave_no_reason_is_told_so() -> None:
    gone = state(HELD, recalled(4), released(5, recalls_seen=[hex_of(2)]))
    assert codes(gone) == [("possible_release_in_error", "S1")]
    assert gone.findings[0].words.startswith(
        "Leeds recorded the release at 12:00 on 22 November 2026, although recall was decided at "
        "11:00 on 22 November 2026, and gave no reason. Possible release in error:"
    )


def test_an_error_on_another_day_says_both_days() -> None:
    gone = state(HELD, recalled(4), released(29), hours=48)
    assert gone.findings[0].words.startswith(
        "Leeds recorded the release at 12:00 on 23 November 2026, not knowing that recall was "
        "decided at 11:00 on 22 November 2026. Possible release in error:"
    )


def test_a_recall_withdrawn_ends_the_error() -> None:
    free = state(HELD, recalled(4, status="closed"), released(5))
    assert (free.status, free.findings) == ("in_community", ())


def test_after_a_reception_on_recall_the_next_release_is_lawful() -> None:
    rows = (HELD, FREED, recalled(6), into("HLI", 9, "L"), released(20, 7, "HLI", reason="PD"))
    free = state(*rows)
    assert (free.status, free.code, free.findings) == ("in_community", "B", ())


def _dates(licence: str, supervision: str | None = None) -> Row:
    content = {"licence_expiry": licence, "supervision_end": supervision}
    return row("key_dates", version={"approved": True, "content": content})


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        (_dates("2026-11-22"), "B"),
        (_dates("2026-11-21"), "AT"),
        (_dates("2026-11-21", "2026-11-22"), "P"),
        (_dates("2026-11-20", "2026-11-21"), "AT"),
        (_dates("01/02/2030"), "B"),
        (_dates("2026-11-20", "01/02/2030"), "P"),
        (
            row(
                "key_dates",
                version={"approved": False, "content": {"licence_expiry": "2020-01-01"}},
            ),
            "B",
        ),
        (row("sentence", status="closed"), "T"),
        (row("sentence", status="open"), "B"),
    ],
)
def test_licence_supervision_and_sentence_end_by_their_dates(dates: Row, code: str) -> None:
    assert state(HELD, FREED, dates, hours=10).code == code


def test_dates_end_nothing_of_somebody_held_or_recalled() -> None:
    assert state(HELD, _dates("2026-11-01")).code == "A"
    assert state(HELD, FREED, recalled(6), _dates("2026-11-22"), hours=72).code == "C"


def test_nobody_is_recalled_after_the_sentence() -> None:
    free = state(HELD, FREED, _dates("2026-11-21"), recalled(6))
    assert (free.status, free.code) == ("in_community", "AT")
    assert codes(free) == [("unable_to_recall", "S1")]


def test_a_transfer_after_a_recall_keeps_it_in_force() -> None:
    moving = state(HELD, recalled(2), out("LEI", 5, to_place="HLI"), hours=6)
    assert moving.recall is not None
    assert codes(moving) == [("recall_of_future_release", "S1")]
    assert moving.findings[0].subjects == (toys.subject(1),)
