"""A generated estate is loaded into real stores, whole, and nowhere over something else."""

from pathlib import Path

import pytest

from throughcare.estate import ESTATE_NAME, folder_of, read_estate
from throughcare.making import NotOurs, is_made
from throughcare.people import shelf
from throughcare.people.cohort import Plan
from throughcare.people.offices import draw_offices
from throughcare.people.pen import WrittenAct
from throughcare.stores import open_store, paths_of
from throughcare.synthetic_loading import TooManyOffices, load

pytestmark = pytest.mark.unhurried

PLAN = Plan(people=1, years=1, seed=3, until="2026-11-01")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    shelf.generate(tmp_path / "source", PLAN, draw_offices(PLAN.people), _silent)
    return tmp_path / "source"


def test_the_centre_holds_what_was_generated(source: Path, tmp_path: Path) -> None:
    into = tmp_path / "estate"
    told: list[tuple[int, int]] = []
    loaded = load(source, into, lambda done, of: told.append((done, of)))
    manifest = shelf.read_manifest(source)
    assert is_made(into)
    assert loaded.ops == manifest.ops
    assert told[-1] == (manifest.cohorts[0].acts, manifest.cohorts[0].acts)
    estate = read_estate(into / ESTATE_NAME)
    assert {node.code for node in estate.spokes} == {office.code for office in manifest.offices}
    store = open_store(paths_of(folder_of(into, estate.hub)), estate.hub)
    try:
        acts = list(shelf.read_acts(source, manifest))
        person = acts[0].drafts[0].subjects[0]
        with store.reading() as reading:
            assert len(reading.records("movement", person)) == _counted(acts, "movement")
            assert len(reading.records("appointment", person)) == _counted(acts, "appointment")
    finally:
        store.close()


def test_nothing_is_loaded_over_something_else(source: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all,")
    with pytest.raises(NotOurs):
        load(source, tmp_path, _silent)


def test_what_is_not_whole_is_not_loaded(source: Path, tmp_path: Path) -> None:
    (source / shelf.MANIFEST).unlink()
    with pytest.raises(shelf.BrokenEstate):
        load(source, tmp_path / "estate", _silent)
    assert not (tmp_path / "estate").exists()


def test_an_estate_too_large_for_one_machine_is_refused(tmp_path: Path) -> None:
    shelf.generate(tmp_path / "source", PLAN, draw_offices(100_000), _silent)
    with pytest.raises(TooManyOffices):
        load(tmp_path / "source", tmp_path / "estate", _silent)


def _counted(acts: list[WrittenAct], kind: str) -> int:
    return len({draft.record for act in acts for draft in act.drafts if draft.kind == kind})


def _silent(done: int, of: int) -> None:
    assert done <= of
