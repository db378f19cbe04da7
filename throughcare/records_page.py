"""Writes docs/records.md from the Registry: every kind, every field, how it merges, who may write.

The page is committed; a test compares it with what the declarations say now.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from casework.records.declared import listed_of, told_of
from casework.records.shapes import field_shape
from sync_protocol.policy import (
    AskAPerson,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    Latest,
    Levels,
    OpenClose,
    Rule,
    TrueOutranks,
    WholeVersion,
)
from sync_protocol.schema import FieldSpec, Kind, Registry

PAGE: Final = Path("docs") / "records.md"
OPENING: Final = """\
# The kinds of record

Written by `throughcare records-page` from the declarations in `casework/records/`; do not edit.

Each field says how two changes that were made unseen by each other are brought together
(**merges**), who may write it (**writers**), how confidential it is (**class**: P1 personal,
P2 special, P3 restricted, P4 victim) and how grave an open conflict of it is (**severity**:
S1 public protection or liberty, S2 operational, S3 tidy).
"""

_MEANINGS: Final = {
    Fixed: "the value given first; asks where two differ",
    Latest: "the later one; never asks",
    OpenClose: "open, unless the close had seen everything",
    AskAPerson: "the later effective date; asks where two differ",
    Gather: "all of them, in order",
    ForwardMost: "the furthest state; asks where two diverge",
    WholeVersion: "the approved version; asks where two are",
}


def write_page(registry: Registry) -> str:
    """The page as it should be now."""
    kinds = sorted(registry.kinds.values(), key=lambda one: one.name)
    return "\n".join([OPENING, *("\n".join(_section(kind)) for kind in kinds)])


def _section(kind: Kind) -> Iterator[str]:
    yield f"## {kind.name}\n"
    yield _paragraphs(kind.meaning) + "\n"
    yield f"{' '.join(_traits(kind))}\n"
    yield "| field | merges: shows | is | writers | class | severity |"
    yield "|---|---|---|---|---|---|"
    for spec in kind.fields.values():
        yield _line(spec)
    yield ""
    for spec in kind.fields.values():
        told, listed, why = told_of(spec), listed_of(spec.type), spec.rule.why
        codes = f"codes of `{listed.list}`." if listed is not None else ""
        if said := " ".join(one for one in (told.hint, codes, why and f"Why: {why}") if one):
            yield f"`{spec.name}`: {said}\n"


def _paragraphs(meaning: str) -> str:
    return "\n".join(line.strip() for line in meaning.splitlines())


def _traits(kind: Kind) -> Iterator[str]:
    yield f"Version {kind.version}, in the {kind.file} file."
    if kind.is_pair:
        yield "Of two people."
    if kind.is_singleton:
        yield "At most one a person."
    if kind.is_anywhere:
        yield "Any office may write it, also of somebody it does not hold."
    if kind.is_later:
        yield "Comes to an office that receives somebody after all else, the newest first."
    if kind.searchable:
        yield f"Searchable by {' and '.join(kind.searchable)}."


def _line(spec: FieldSpec) -> str:
    rule = spec.rule
    writers = ", ".join(sorted(rule.writers))
    said = (f"`{spec.name}`", _merges(rule), _is(spec), writers, rule.cls, rule.severity)
    return f"| {' | '.join(said)} |"


def _is(spec: FieldSpec) -> str:
    """What a value is, and whether a new record needs one."""
    shape = field_shape(spec)
    several = shape.sort == "many" and shape.item is not None
    sort = f"many: {shape.item.sort}" if several and shape.item is not None else shape.sort
    return sort if spec.is_required else f"{sort}, optional"


def _merges(rule: Rule) -> str:
    policy = rule.policy
    if isinstance(policy, Highest):
        return f"`Highest`: {_scale(policy)}; asks where two differ"
    return f"`{type(policy).__name__}`: {_MEANINGS[type(policy)]}"


def _scale(policy: Highest) -> str:
    if isinstance(policy.scale, Levels):
        return "the highest of " + " < ".join(policy.scale.names)
    return "true" if isinstance(policy.scale, TrueOutranks) else "the later day, or no end"
