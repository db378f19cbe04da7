"""Whose rows changed in a store since it was last asked: for what is kept of many people.

Triggers of the writer's own connection note each subject of which a row was written or taken away,
in a table that lies in memory and ends with the connection; what is rolled back is not noted. What
another program wrote is noted nowhere, so then everybody may have changed.
"""

from collections.abc import Collection, Iterable
from typing import Final

from sync_protocol.ids import SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_store import OpStore
from sync_protocol.schema import Kind

_TABLE: Final = (
    "CREATE TEMP TABLE IF NOT EXISTS touched"
    "(number INTEGER PRIMARY KEY AUTOINCREMENT, subject BLOB NOT NULL UNIQUE)"
)
_NOTE: Final = (
    " DELETE FROM touched WHERE subject = {0}; INSERT INTO touched(subject) VALUES ({0});"
)
"""Two statements: within a trigger the writing statement's word on conflicts would count."""
_ANYBODY: Final = SubjectId(b"")
"""Noted where changes before it may not have been."""
_TRIGGERS: Final = "SELECT name FROM temp.sqlite_master WHERE type = 'trigger'"
_WRITTEN: Final = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


class Touched:
    """Tells whose rows of some kinds changed, from the first time that it is asked."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        """Of these kinds; nothing is noted yet."""
        self._triggers = {name: sql for kind in kinds for name, sql in _triggers_of(kind)}
        self._number = 0
        """The last note that was told."""
        self._version: int | None = None
        """SQLite's word for what other programs had written by then."""

    def since_last(self, store: OpStore) -> Collection[SubjectId] | None:
        """Whose rows changed since it was last asked; None where it may be anybody's."""
        with store.changing() as connection:
            self._set_up(connection)
            rows = connection.execute(
                "SELECT number, subject FROM touched WHERE number > ?", (self._number,)
            )
            version = int(connection.execute("PRAGMA data_version")[0][0])
        is_ours, self._version = version == self._version, version
        self._number = max((number for number, _ in rows), default=self._number)
        found = {SubjectId(subject) for _, subject in rows}
        return found if is_ours and _ANYBODY not in found else None

    def _set_up(self, connection: Connection) -> None:
        """Have every change noted from now on, and that those before may not have been."""
        there = {row[0] for row in connection.execute(_TRIGGERS)}
        missing = sorted(self._triggers.keys() - there)
        if not missing:
            return
        connection.execute(_TABLE)
        # A table that was dropped and made anew has lost its triggers.
        for name in missing:
            connection.execute(self._triggers[name])
        connection.execute("DELETE FROM touched WHERE subject = ?", (_ANYBODY,))
        connection.execute("INSERT INTO touched(subject) VALUES (?)", (_ANYBODY,))


def _triggers_of(kind: Kind) -> Iterable[tuple[str, str]]:
    columns = ("subject", "other_subject") if kind.is_pair else ("subject",)
    for act, row in _WRITTEN.items():
        name = f"touched_by_{act.lower()}_{kind.name}"
        notes = "".join(_NOTE.format(f"{row}.{column}") for column in columns)
        yield (
            name,
            f'CREATE TEMP TRIGGER "{name}" AFTER {act} ON main."{kind.name}" BEGIN{notes} END',
        )
