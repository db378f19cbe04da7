"""Who somebody is at the organisation's sign-in service: for the centre alone to say."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from casework.access.accounts import NameTaken
from casework.access.actions import NotAllowed
from casework.desk.holding import OnlyAtCentre
from casework.desk.posts import PostOver, bind_online, end_post, post_of
from casework.records.post import OnlineName
from casework.rules.rows import day_of
from sync_protocol.ids import ActorId
from tests.unit.casework.desk.test_posts import KREED, Estate

NAME = OnlineName("https://login.justice.example", "kr-1")
OTHER = ActorId(b"other".ljust(16, b"."))


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    made.appoint()
    yield made
    for office in (made.centre, *made.offices.values()):
        office.store.close()


def named(estate: Estate, name: OnlineName = NAME) -> ActorId | None:
    """Whom the office lets in by this name."""
    with estate.leeds.store.reading() as reading:
        return estate.leeds.posts.named_online(reading, name)


def test_a_name_that_the_centre_binds_reaches_the_office_and_is_taken_back(
    estate: Estate,
) -> None:
    bind_online(estate.centre.desk, estate.boss, estate.post, NAME)
    assert named(estate) is None
    estate.settle()
    assert named(estate) == KREED
    assert named(estate, msgspec.structs.replace(NAME, issuer="https://elsewhere.example")) is None
    bind_online(estate.centre.desk, estate.boss, estate.post, None)
    estate.settle()
    assert named(estate) is None


def test_a_name_is_of_one_person_alone(estate: Estate) -> None:
    """S21: nobody is let in as somebody else, at any place."""
    bind_online(estate.centre.desk, estate.boss, estate.post, NAME)
    estate.appoint(staff=OTHER, name="other")
    view = post_of(estate.centre.desk, estate.boss, "LEI", OTHER)
    with pytest.raises(NameTaken):
        bind_online(estate.centre.desk, estate.boss, view, NAME)
    bind_online(estate.centre.desk, estate.boss, view, msgspec.structs.replace(NAME, subject="o-1"))


def test_only_an_administrator_at_the_centre_binds_a_name(estate: Estate) -> None:
    view, boss = estate.post, estate.boss
    staff = estate.centre.hire("clerk")
    with pytest.raises(NotAllowed):
        bind_online(estate.centre.desk, staff, view, NAME)
    with pytest.raises(OnlyAtCentre):
        bind_online(estate.leeds.desk, msgspec.structs.replace(boss), view, NAME)
    last_day = day_of(estate.centre.clock.now_ms())
    end_post(estate.centre.desk, boss, view, last_day=last_day)
    with pytest.raises(PostOver):
        bind_online(estate.centre.desk, boss, estate.post, NAME)
