"""Which SQLite a node may stand on.

Releases before 3.51.3 may lose what is committed where one connection begins the write-ahead log
anew while another folds it back, which is what a node with a schedule and readers does all day.
"""

from typing import Final

from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import Refused

SQLITE_MIN: Final = (3, 51, 3)


class OldSqlite(Refused):
    """The SQLite of this machine may lose what was saved."""

    code = "old_sqlite"
    hint = "Install what requirements-run.lock names; its sqlcipher3 brings a newer one."


def check_sqlite(version: str = sqlcipher.sqlite_version) -> None:
    """Raise OldSqlite before a store is opened with a library that may lose what it holds."""
    if tuple(int(part) for part in version.split(".")) < SQLITE_MIN:
        raise OldSqlite(f"It is {version}; {'.'.join(map(str, SQLITE_MIN))} is the first.")
