"""What a spoke believes of a reply: that which its hub signed, and nothing else.

Implements PROTOCOL.md, Exchange. The hub verifies author chains completely; a spoke holds only
parts of them, and checks ids from bytes, the manifest, and each order by its own signature.
"""

from sync_protocol.departure import claim_of_permit
from sync_protocol.errors import BadManifest, BadSignature
from sync_protocol.ids import NodeId
from sync_protocol.lease import claim_of_lease
from sync_protocol.messages import Hello, Reply, manifest_listing
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.scope import claim_of
from sync_protocol.seal import check_signature, manifest_claim
from sync_protocol.snapshot import snapshot_claim


def check_manifest(reply: Reply, node: NodeId, hub: NodeId, hub_key: bytes) -> None:
    """INV-08: what a spoke cannot verify by author chains it verifies by the hub's manifest."""
    came = (*reply.notices, *reply.entries)
    try:
        for one in reply.snapshots:
            claim = snapshot_claim(reply.incarnation, node, one)
            check_signature(hub_key, claim, one.signature)
        if not came:
            return
        listing = manifest_listing(
            [(op_id_of(hash_raw(one.raw)), one.hub_seq, one.flags) for one in came]
        )
        claim = manifest_claim(reply.incarnation, node, listing)
        check_signature(hub_key, claim, reply.manifest)
    except (BadSignature, OverflowError) as fault:
        raise BadManifest(hub.hex()) from fault


def check_orders(reply: Reply, asked: Hello, node: NodeId, hub: NodeId, hub_key: bytes) -> None:
    """INV-05: nobody but the hub has a node let go of anybody, or lock, and it says so by name."""
    incarnation = reply.incarnation
    signed = [
        (claim_of(one, incarnation, node), one.signature) for one in reply.steps if one.is_leave
    ]
    signed += [(claim_of_permit(one, incarnation, node), one.signature) for one in reply.permits]
    lease = reply.lease
    if lease is not None:
        if (lease.life, lease.count) != (asked.life, asked.count):
            raise BadManifest(hub.hex())
        signed.append((claim_of_lease(lease, incarnation, node), lease.signature))
    try:
        for claim, signature in signed:
            check_signature(hub_key, claim, signature)
    except BadSignature as fault:
        raise BadManifest(hub.hex()) from fault
