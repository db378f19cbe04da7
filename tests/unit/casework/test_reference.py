"""The code lists: reading forgives, entry does not."""

import pytest

from casework.reference import in_use, reader
from sync_protocol.errors import NotFound


def test_every_list_reads_and_names_each_row() -> None:
    for name in reader.list_names():
        rows = reader.rows(name)
        assert rows, name
        assert all(None not in row and None not in row.values() for row in rows), name


def test_every_list_says_where_it_comes_from() -> None:
    from importlib import resources

    folder = resources.files("casework.reference").joinpath("lists")
    sources = folder.joinpath("SOURCES.md").read_text("utf-8")
    families = ("intervention_", "accredited_programme", "incident_")
    silent = [
        name
        for name in reader.list_names()
        if f"{name}.csv" not in sources and not name.startswith(families)
    ]
    assert not silent


def test_a_list_is_read_once_and_cannot_be_changed() -> None:
    first = reader.codes("alert_codes")
    assert reader.codes("alert_codes") is first
    with pytest.raises(TypeError):
        first["XX"] = first["XA"]  # type: ignore[index]


def test_an_unknown_code_is_shown_as_it_came() -> None:
    assert reader.describe("alert_codes", "XA") == "Arsonist"
    assert reader.describe("alert_codes", "NEW1") == "NEW1"
    assert in_use.place_name("LEI") == "Leeds (HMP)"
    assert in_use.place_name("ZZZ") == "ZZZ"


@pytest.mark.parametrize("code", ["NEW1", "SA", "xa", ""])
def test_a_code_unknown_or_retired_is_refused_on_entry(code: str) -> None:
    with pytest.raises(reader.UnknownCode, match="Choose one"):
        reader.check_code("alert_codes", code)


def test_a_code_in_use_is_let_in() -> None:
    assert reader.check_code("alert_codes", "XA").belongs_to == "X"


def test_a_place_is_called_what_staff_call_it_unless_two_places_are() -> None:
    assert in_use.short_place_name("LEI") == "Leeds"
    assert in_use.short_place_name("ZZZ") == "ZZZ"
    unit = next(key for key, one in in_use.delivery_units().items() if one.description == "Leeds")
    assert in_use.short_place_name(unit) == "Leeds probation"
    assert in_use.short_place_name("PRI") == in_use.place_name("PRI") != "Parc"


def test_a_list_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="no_such_list"):
        reader.codes("no_such_list")
    with pytest.raises(NotFound, match="defines no codes"):
        reader.codes("accredited_programme_transitions")


def test_of_two_rows_with_one_key_the_first_counts() -> None:
    rows = [row for row in reader.rows("enforcement_actions") if row["code"] == "BRE"]
    assert len(rows) == 2
    assert reader.describe("enforcement_actions", "BRE") == rows[0]["description"]


def test_one_subtype_under_two_types_is_two_codes() -> None:
    subtypes = reader.codes("case_note_subtypes")
    assert subtypes["POM/GEN"].belongs_to == "POM"
    assert subtypes["OMIC/GEN"].belongs_to == "OMIC"


def test_staff_choose_only_case_notes_in_use_and_selectable() -> None:
    offered = in_use.case_note_subtypes()
    assert "POM/GEN" in offered
    assert "POM/OLD" not in offered
    assert all(code.is_active and code.says("user_selectable") for code in offered.values())
    assert in_use.check_case_note_subtype("POM", "GEN").says("sensitive")
    with pytest.raises(reader.UnknownCode):
        in_use.check_case_note_subtype("POM", "OLD")


def test_every_type_of_note_offered_leads_to_a_subtype() -> None:
    for note_type in in_use.case_note_types():
        assert in_use.case_note_subtypes(note_type)


def test_choices_of_one_type_belong_to_it() -> None:
    assert set(in_use.alert_codes("F1")) == {"F1"}
    assert all(key.startswith("TRN/") for key in in_use.movement_reasons("TRN"))
    assert list(in_use.non_association_codes("restriction")) == ["CELL", "LANDING", "WING"]


def test_the_places_are_those_of_the_service_today() -> None:
    assert len(in_use.prisons()) == 125
    assert len(in_use.delivery_units()) == 109
    assert {unit.belongs_to for unit in in_use.delivery_units().values()} <= set(in_use.regions())


def test_the_strongest_source_comes_first() -> None:
    ranks = [int(source.columns["rank"]) for source in in_use.assertion_sources().values()]
    assert ranks == sorted(set(ranks))


def test_the_lists_are_plain_csv_without_a_byte_mark() -> None:
    assert all("\ufeff" not in "".join(reader.rows(name)[0]) for name in reader.list_names())
