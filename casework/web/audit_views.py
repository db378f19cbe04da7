"""What the auditor's templates take: lines, findings and openings, in words and without a name."""

import msgspec

from casework.web.views import Link, Mark


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit."""

    when: str
    who: Link
    role: str
    where: str
    act: str
    whom: Link | None
    why: str


class AuditLines(msgspec.Struct, frozen=True, kw_only=True):
    """A page of lines, and what is left out of it."""

    title: str
    rows: tuple[AuditRow, ...]
    notes: tuple[str, ...] = ()
    older: Link | None = None


class UnusualRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something unusual, what was found on asking, and where to look."""

    title: str
    words: str
    state: Mark
    lines: tuple[str, ...]
    links: tuple[Link, ...]


class AuditStart(msgspec.Struct, frozen=True, kw_only=True):
    """The auditor's first page."""

    asked: str
    fault: str
    unusual: tuple[UnusualRow, ...]
    chains: tuple[str, ...]
    faults: tuple[str, ...]
