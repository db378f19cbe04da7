"""How a test's centre lets nodes in: its authority, its directory, and what nodes are told."""

from server.services.authority import make_authority
from server.services.joining import Centre, Joining
from server.services.nodes import NodeDirectory
from tests.desks import Office


def joining_of(office: Office, url: str = "https://centre.example:8443") -> Joining:
    """What this centre lets nodes in with; nobody is of its estate yet."""
    authority = make_authority("Test estate", office.clock.now_ms())
    key = office.signer("CENTRE").public_key
    nodes = NodeDirectory(office.store, authority, key, office.desk.chance)
    centre = Centre(
        estate="Test estate",
        purpose="test",
        node=office.desk.node.id,
        name=office.desk.node.name,
        code=office.desk.place.code,
        url=url,
        key=key,
        box_key=b"b" * 32,
        recovery_key=b"r" * 32,
    )
    return Joining(office.store, nodes, centre, authority)
