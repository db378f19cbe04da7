"""The four families of error, sorted by what the reader must do next.

The docstring of a concrete error is the sentence an operator reads; `code` never changes once
released; `hint` says what to do. No message carries personal data: ids and codes only.
"""

from typing import ClassVar, Final

import msgspec

DOES_NOT_DECODE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What a decoder raises over bytes of somebody else: a shape, a depth, or text that is none.

Whoever decodes turns all three into an error of ours.
"""


class ThroughcareError(Exception):
    """Something is wrong that a person or a driver must act on."""

    code: ClassVar[str] = "error"
    hint: ClassVar[str] = ""

    def __init__(self, detail: str = "") -> None:
        """Keep `detail`, the ids and codes that tell this case from others."""
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        """The operator's sentence, the detail, then what to do."""
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        parts = [sentence, self.detail, type(self).hint]
        return " ".join(part for part in parts if part)


class Refused(ThroughcareError):
    """The caller asked for what the rules forbid; nothing was changed."""

    code = "refused"


class PeerFault(ThroughcareError):
    """The other node broke the protocol."""

    code = "peer_fault"
    hint = "The session was closed; look at the node's page and its release."


class Unavailable(ThroughcareError):
    """A passing condition prevents this now."""

    code = "unavailable"
    hint = "It will be tried again; nothing was lost."


class Corrupt(ThroughcareError):
    """This node's own store contradicts itself."""

    code = "corrupt"
    hint = "Stop the node, keep the disk, and restore from the latest verified backup."


class BadSignature(PeerFault):
    """A signature does not verify over the bytes received."""

    code = "bad_signature"
    hint = "Check that the estate file holds this node's present public key."


class UnknownNode(PeerFault):
    """The sender is not in this estate."""

    code = "unknown_node"
    hint = "Enrol the node, or correct the estate file."


class WrongReceiver(PeerFault):
    """The message was sealed to another node or to an earlier incarnation."""

    code = "wrong_receiver"
    hint = "Nothing to do: the sender learns the present incarnation and sends again."


class BadMessage(PeerFault):
    """A message does not parse, or lacks what the protocol requires."""

    code = "bad_message"
    hint = "Compare the releases of both nodes; it was kept with the dead letters if it was signed."


class TooLarge(PeerFault):
    """A message, or what it unpacks to, is over a named limit."""

    code = "too_large"
    hint = "The sender must divide it; see the table of limits."


class BrokenChain(PeerFault):
    """A node's log does not follow from what is held of it."""

    code = "broken_chain"
    hint = "Compare the node with the centre: it may have been restored or copied."


class BadManifest(PeerFault):
    """The hub's manifest does not cover the ops that came with it."""

    code = "bad_manifest"
    hint = "Nothing was taken in. If it comes again, compare the hub's key with the estate file."


class NumberTaken(PeerFault):
    """The hub gave one number to two ops."""

    code = "number_taken"
    hint = "Nothing was taken in. The centre may have been put back to an earlier day unnoticed."


class Replayed(PeerFault):
    """This request was already answered, or is older than one that was."""

    code = "replayed"
    hint = "Nothing to do: the sender counts on from the number in the answer."


class UnsupportedProtocol(PeerFault):
    """The two nodes share no protocol version."""

    code = "unsupported_protocol"
    hint = "Upgrade the older node; until then it keeps its work and goes on."


class UnreadableOp(Refused):
    """An op does not parse as this protocol's op."""

    code = "unreadable_op"
    hint = "It is kept as it came and shown under parked ops."


class InvalidValue(Refused):
    """A value does not fit the field it is meant for."""

    code = "invalid_value"
    hint = "Correct the field and save again."


class UnknownKind(Refused):
    """This release does not know the kind of record."""

    code = "unknown_kind"
    hint = (
        "Check its name. Of a newer release, upgrade this node to write it; what others wrote is "
        "kept and passed on."
    )


class BadDeclaration(Refused):
    """A record class declares too little, or contradicts itself."""

    code = "bad_declaration"
    hint = "Every field declares type, policy, writers and class."


class Stale(Refused):
    """Somebody changed this since it was read."""

    code = "stale"
    hint = "Read what changed, then save again or save on purpose."


class NotFound(Refused):
    """It is not known at this node."""

    code = "not_found"
    hint = "It may exist elsewhere: not known here is different from none."


class OpTooLarge(Refused):
    """What was entered is larger than one op may be."""

    code = "op_too_large"
    hint = "Shorten the text, or divide it into two notes."


class NotSaved(Unavailable):
    """It was not saved: the disk is full or cannot be written."""

    code = "not_saved"
    hint = "Nothing is half done. Free some room on the node's disk, then save again."


class LineDown(Unavailable):
    """The other node cannot be reached."""

    code = "line_down"
    hint = "Work goes on here; what waits is sent when the line is back."


class StoreLocked(Unavailable):
    """The store is in use by another program."""

    code = "store_locked"
    hint = "Stop the other program that has this store open."


class WrongKey(Refused):
    """The store does not open with the key given."""

    code = "wrong_key"
    hint = (
        "Name the key file that was made with this store; a store is never opened as plain text. "
        "If it is the right key, the file is damaged: restore it from the latest verified backup."
    )


class NewerStore(Refused):
    """A newer release wrote this store, and this one may not open it."""

    code = "newer_store"
    hint = "Start the newer release, or restore a backup made by this one."


class StoreDamaged(Corrupt):
    """The store's file fails its own checks."""

    code = "store_damaged"
