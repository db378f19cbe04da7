"""What a store on a disk gives its readers, and memory cannot: a snapshot of their own."""

from threading import Thread

import pytest

from sync_protocol.errors import NotSaved
from tests.contract.world import Node, World, parcel


@pytest.fixture
def office(disk: World) -> Node:
    """A spoke on a disk."""
    return disk.spoke("LEI")


def test_a_reading_sees_one_moment_while_others_write(office: Node) -> None:
    """INV-02: an op and its projection are seen together or not at all."""
    office.write({"label": "boots"}, parcel(1))
    with office.store.reading() as reading:
        before = len(list(reading.records_of_all("parcel")))
        office.write({"label": "hat"}, parcel(2))
        assert len(list(reading.records_of_all("parcel"))) == before == 1
        assert reading.counts()["ops"] == 1
    with office.store.reading() as reading:
        assert reading.counts()["ops"] == 2


def test_writers_of_many_threads_get_one_number_each(office: Node) -> None:
    """INV-08: one writer at a time, whoever calls."""
    numbers: list[str] = []

    def write(number: int) -> None:
        numbers.append(office.write({"label": f"box {number}"}, parcel(number)).number)

    threads = [Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 8
    assert office.ops == 8


@pytest.mark.parametrize(
    "sql", ["DELETE FROM ops", "UPDATE parcel SET label = 'x'", "CREATE TABLE t(a)"]
)
def test_sql_of_a_page_cannot_change_the_store(office: Node, sql: str) -> None:
    """INV-02: the only way to change a store is a transaction of its writer."""
    office.write({"label": "boots"})
    with pytest.raises(NotSaved), office.store.reading() as reading:
        reading.select(sql)
    assert office.ops == 1
    assert office.values() == {"label": "boots"}
