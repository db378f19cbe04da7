"""S12: everything at the centre knows an office the moment it is let in."""

from server.services.node_entries import Entry
from sync_protocol.ids import NodeId
from throughcare.estate import Estate, EstateNode, Place
from throughcare.roster import Roster, joined, named_in


def _node(code: str, number: int, kind: str = "prison") -> EstateNode:
    return EstateNode(
        id=f"{number:032x}",
        name=f"HMP {code}",
        place=Place(kind, code),  # type: ignore[arg-type]
        url=f"http://127.0.0.1:{8400 + number}",
        public_key=f"{number + 100:064x}",
        box_key=f"{number + 200:064x}",
    )


def _entry(code: str, number: int, key: bytes | None = b"k" * 32) -> Entry:
    return Entry(
        node=NodeId(bytes.fromhex(f"{number:032x}")),
        place_kind="prison",
        place_code=code,
        name=f"HMP {code}",
        hosts=("leeds.example", "10.0.0.5"),
        port=8443,
        state="active",
        signing_key=key,
        box_key=key,
        certificate=None,
    )


ESTATE = Estate("Test", _node("CENTRE", 0, "centre"), (_node("LEI", 1),))


def _codes(estate: Estate) -> dict[str, str]:
    return {node.code: node.url for node in estate.nodes}


def test_a_mapping_is_of_now() -> None:
    roster = Roster(ESTATE)
    live = roster.mapping(_codes)
    assert [*live] == ["CENTRE", "LEI"]
    going = iter(live)
    next(going)
    roster.take([_entry("BXI", 2)])
    assert [*going] == ["LEI"], "who goes through it meets one estate"
    assert live["BXI"] == "https://leeds.example:8443"
    assert len(live) == 3
    assert live.get("MDI") is None


def test_who_has_no_key_yet_is_not_of_the_estate() -> None:
    assert joined(ESTATE, [_entry("BXI", 2, None)]) == ESTATE


def test_whoever_was_enrolled_anew_keeps_the_place_that_the_file_names() -> None:
    """S12: under other keys."""
    (leeds,) = joined(ESTATE, [_entry("LEI", 1)]).spokes
    assert (leeds.url, leeds.key) == (ESTATE.spokes[0].url, b"k" * 32)
    assert leeds.box_key == (b"k" * 32).hex()


def test_what_the_file_names_goes_into_the_directory() -> None:
    (named,) = named_in(ESTATE)
    assert (named.place.code, named.place.hosts, named.place.port) == ("LEI", ("127.0.0.1",), 8401)
    assert (named.signing_key, named.node) == (ESTATE.spokes[0].key, ESTATE.spokes[0].node_id)
