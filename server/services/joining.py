"""How a node joins the estate, as the centre's pages, its commands and its doors do it.

What a new node must believe is put in its invitation; what it may know once it was let in, in its
admission. Who may is asked by whoever calls; who did is in the audit.
"""

from typing import Literal

import msgspec

from casework.access.admission import Admission, CertificateAsked, KnownNode
from casework.access.enrolment import (
    CODE_LIFE_MS,
    Code,
    Enrolment,
    Invitation,
    seal_invitation,
    spoken,
)
from server.services.authority import Authority
from server.services.node_entries import Entry, NewPlace
from server.services.nodes import NodeDirectory
from server.services.scope import open_office
from sync_protocol.ids import ActorId, NodeId
from sync_protocol.io.op_store import OpStore


class Centre(msgspec.Struct, frozen=True, kw_only=True):
    """What nodes are told of the centre; all of it is public."""

    estate: str
    purpose: str
    node: NodeId
    name: str
    code: str
    url: str
    key: bytes
    box_key: bytes
    recovery_key: bytes


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed to whoever sets a node up: the code apart from the invitation."""

    code: str
    """As it is read aloud; nobody keeps it."""
    invitation: str
    """One line of text, no secret."""
    ends_ms: int


class Joining:
    """Lets nodes in, with the directory that knows them."""

    def __init__(
        self, store: OpStore, nodes: NodeDirectory, centre: Centre, authority: Authority
    ) -> None:
        """All four are of one centre."""
        self.store = store
        self.nodes = nodes
        self.centre = centre
        self._authority_pem = authority.pem
        self._now_ms = store.core.parts.clock.now_ms

    def invite(self, node: NodeId, place: NewPlace, actor: ActorId, why: str) -> Told:
        """A code for this node, and the invitation that it seals; raises PlaceTaken."""
        code = self.nodes.invite(node, place, actor, why)
        return self._told(self.nodes.entry(place.code), code)

    def invite_again(self, entry: Entry, actor: ActorId, why: str) -> Told:
        """As `invite`, of a node that the directory has: for its first box or another."""
        assert entry.place_kind in ("prison", "probation"), "the centre invites nobody to itself"
        kind: Literal["prison", "probation"] = (
            "prison" if entry.place_kind == "prison" else "probation"
        )
        place = NewPlace(
            kind=kind,
            code=entry.place_code,
            name=entry.name,
            hosts=entry.hosts,
            port=entry.port,
        )
        return self.invite(entry.node, place, actor, why)

    def take(self, enrolment: Enrolment) -> None:
        """Note who asks with a code; nothing is told of it. Raises as `NodeDirectory.enrol`.

        The six words are reckoned at either end and told by neither: whoever stands between would
        else hand on the right ones.
        """
        self.nodes.enrol(enrolment)

    def approve(self, entry: Entry, approver: ActorId, typed: str) -> None:
        """Let in whoever waits as this node; raises as `NodeDirectory.approve`.

        An office that is new is told of everybody who is there by what is known already.
        """
        self.nodes.approve(entry.node, approver, typed)
        if entry.signing_key is None:
            open_office(self.store, entry.place_code)

    def admit(self, asked: CertificateAsked) -> Admission:
        """What a node that was let in has; raises as `NodeDirectory.renew`."""
        certificate = self.nodes.renew(NodeId(asked.node), asked.csr, asked.signature)
        centre = self.centre
        return Admission(
            certificate=certificate,
            estate=centre.estate,
            purpose=centre.purpose,
            centre=KnownNode(
                node=centre.node,
                place_kind="centre",
                place_code=centre.code,
                name=centre.name,
                url=centre.url,
                signing_key=centre.key,
                box_key=centre.box_key,
                hosts=(),
            ),
            offices=tuple(
                known for one in self.nodes.entries() if (known := _known(one)) is not None
            ),
        )

    def _told(self, entry: Entry, code: Code) -> Told:
        ends_ms = self._now_ms() + CODE_LIFE_MS
        centre = self.centre
        invitation = Invitation(
            node=entry.node,
            place_kind=entry.place_kind,
            place_code=entry.place_code,
            name=entry.name,
            hub=centre.node,
            hub_url=centre.url,
            hub_key=centre.key,
            hub_box_key=centre.box_key,
            recovery_key=centre.recovery_key,
            authority_pem=self._authority_pem,
            expires_ms=ends_ms,
        )
        sealed = msgspec.json.encode(seal_invitation(invitation, code)).decode()
        return Told(code=spoken(code), invitation=sealed, ends_ms=ends_ms)


def _known(entry: Entry) -> KnownNode | None:
    """A node as others may know it; None until it has keys."""
    if entry.signing_key is None or entry.box_key is None:
        return None
    return KnownNode(
        node=entry.node,
        place_kind=entry.place_kind,
        place_code=entry.place_code,
        name=entry.name,
        url=entry.url,
        signing_key=entry.signing_key,
        box_key=entry.box_key,
        hosts=entry.hosts,
    )
