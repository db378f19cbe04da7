"""The seven pathways to resettlement of a person, each as one, however often it was opened.

Source: hmpps-resettlement-passport-api, whose pathways and statuses are `resettlement_reference`.
A need that one office still sees is shown before one that another has done, unseen by each other.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from casework.records.resettlement_pathway import PATHWAY_LEVELS
from casework.reference.in_use import offered
from casework.rules.rows import Finding, Row

NEEDED: Final = frozenset({"SUPPORT_REQUIRED", "IN_PROGRESS"})


class Pathway(msgspec.Struct, frozen=True):
    """One pathway of a person: the greatest need that any record of it shows."""

    code: str
    need: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """The pathway as staff call it."""
        return _words("pathway", self.code)

    @property
    def is_needed(self) -> bool:
        """Whether support is needed or being given."""
        return self.need in NEEDED


def pathways(rows: Iterable[Row]) -> tuple[Pathway, ...]:
    """Every pathway that somebody has looked at, in the order of their codes."""
    by_code: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda one: one.key.record):
        by_code.setdefault(str(row.values.get("pathway")), []).append(row)
    return tuple(
        Pathway(code, max(map(_need, of_code), key=PATHWAY_LEVELS.rank), tuple(of_code))
        for code, of_code in sorted(by_code.items())
    )


def pathway_findings(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """Where two offices say differently how it stands with one pathway."""
    found = []
    for one in pathways(rows):
        said = {_need(row) for row in one.rows}
        if len(said) == 1 and not any("need" in row.asks for row in one.rows):
            continue
        words = (
            f"{one.name}: two offices recorded differently what is needed. "
            f"{_words('status', one.need)} is shown, so that no need is lost, until somebody "
            "settles it."
        )
        found.append(Finding("pathway_differs", "S2", words, one.rows[0].key.subjects))
    return tuple(found)


def _need(row: Row) -> str:
    return str(row.values.get("need"))


def _words(group: str, code: str) -> str:
    listed: Mapping[str, object] = offered("resettlement_reference", group)
    return str(getattr(listed.get(code), "description", code))
