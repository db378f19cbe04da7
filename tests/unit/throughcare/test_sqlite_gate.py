"""A node declines to start on a SQLite that may lose what was saved."""

import pytest

from throughcare import compose
from throughcare.sqlite_gate import OldSqlite, check_sqlite


def test_the_library_that_is_locked_is_taken() -> None:
    """S52."""
    check_sqlite()


@pytest.mark.parametrize("version", ["3.51.2", "3.51", "3.7.0", "3.40.1"])
def test_an_older_one_is_refused_by_name(version: str) -> None:
    """S52."""
    with pytest.raises(OldSqlite, match=version):
        check_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "4.0"])
def test_the_first_that_is_good_and_later_ones_are_taken(version: str) -> None:
    """S52."""
    check_sqlite(version)


def test_a_node_asks_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """S52: before it reads a setting or opens a store."""

    def refuse() -> None:
        raise OldSqlite("3.40.1")

    monkeypatch.setattr(compose, "check_sqlite", refuse)
    for build in (compose.build_hub, compose.build_edge):
        with pytest.raises(OldSqlite):
            build({})
