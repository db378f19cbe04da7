"""How the database goes about it: work for one subject never grows with the whole log."""

from typing import Any
from unittest.mock import patch

from sync_protocol.io.connection import Row
from tests.contract.world import Node, World


def test_no_log_is_read_to_its_end_for_each_who_arrives(pair: tuple[World, Node, Node]) -> None:
    """What a snapshot said is forgotten by the index of whom it is about."""
    _, leeds, _ = pair
    connection = leeds.store.core.connection
    asked: list[str] = []
    execute = connection.execute

    def heard(sql: str, *given: Any) -> list[Row]:
        asked.append(sql)
        return execute(sql, *given)

    with leeds.store.core.transaction(), patch.object(connection, "execute", heard):
        leeds.store.core.folding.bases.free([1, 2])
        (sql,) = [one for one in asked if "FROM past" in one]
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
    assert not [line for line in plan if "SCAN ops" in line], plan
    assert any("ops_by_subject" in line for line in plan), plan
