"""What the templates of the estate take: each office as the centre sees it, and parked ops."""

import msgspec

from casework.web.views import Figure, Link, Mark


class NodeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One office as the centre sees it."""

    name: str
    place: str
    state: Mark
    last_contact: str
    backlog: str
    oldest: str
    lag: str
    digest: Mark
    digest_at: str
    parked: str
    release: str
    people: Link | None = None
    """Whom it holds."""


class NodesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every office, and the figures of the estate."""

    as_known: str
    figures: tuple[Figure, ...]
    lines: tuple[NodeLine, ...] = ()
    not_let_go: Link | None = None


class QuarantineLine(msgspec.Struct, frozen=True, kw_only=True):
    """One op that came of a revoked node: what it says, what was said of it, and what may be."""

    op: str
    node: str
    kind: str
    says: str
    reached: str
    said: str
    actions: tuple[Link, ...] = ()


class RevokedLine(msgspec.Struct, frozen=True):
    """One office whose computer is or was revoked."""

    name: str
    words: str


class QuarantinePage(msgspec.Struct, frozen=True, kw_only=True):
    """What came of revoked nodes and does not count."""

    revoked: tuple[RevokedLine, ...] = ()
    lines: tuple[QuarantineLine, ...] = ()
    may_judge: bool = False


class ParkedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One op that was kept but does not count."""

    op: str
    node: str
    kind: str
    reason: str
    reached: str
