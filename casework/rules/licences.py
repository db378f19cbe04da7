"""The licence conditions that bind: those of every version that might be in force.

The active licence stays in force until another is approved; one that is approved and has begun is
in force though nobody has yet recorded it as active; a recall ends all that began before it
(create-and-vary-a-licence-api; Criminal Justice Act 2003, s.254). Where two versions might each be
in force, the conditions of both are shown and those that are not in all of them are marked as
disputed: staff must not miss a restriction, and no interleaving ends one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from casework.reference.reader import codes, describe
from casework.rules.rows import Finding, Row, by_gravity
from casework.rules.spoken import day_words, listed_words
from sync_protocol.ids import RecordId, SubjectId

CERTAIN: Final = frozenset({"ACTIVE", "APPROVED", "VARIATION_APPROVED"})
"""States in which nobody doubts that the approved version binds once it has begun."""

ENDED: Final = frozenset({"INACTIVE", "TIMED_OUT"})
RECALLED: Final = "RECALLED"
WAITING: Final = frozenset({"SUBMITTED", "VARIATION_SUBMITTED"})

Sort = Literal["standard", "additional", "bespoke"]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one licence, as it stands."""

    record: RecordId
    subjects: tuple[SubjectId, ...]
    kind: str
    status: str
    content: Mapping[str, Any]
    is_approved: bool
    is_status_disputed: bool
    is_version_disputed: bool
    varies: str | None
    """The licence that it varies, in hex."""

    @property
    def number(self) -> int:
        """Which version of its licence it is."""
        number = self.content.get("number")
        return number if isinstance(number, int) else 0

    @property
    def starts_on(self) -> str:
        """The day from which it binds; empty where it does not say, which is always."""
        return str(self.content.get("starts_on") or "")

    @property
    def is_certain(self) -> bool:
        """Whether nobody disputes that it is approved."""
        return self.status in CERTAIN and not self.is_status_disputed

    @property
    def words(self) -> str:
        """Which it is, in a sentence."""
        sort = "the variation" if self.kind == "VARIATION" else "the licence"
        begun = f" from {day_words(self.starts_on)}" if self.starts_on else ""
        return f"version {self.number} of {sort}{begun}"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition that binds, or might; `code` is empty for one in its author's own words."""

    sort: Sort
    code: str
    text: str
    is_disputed: bool


class InForce(msgspec.Struct, frozen=True):
    """The versions that might be in force, the conditions of them all, and what is wrong."""

    versions: tuple[Version, ...]
    conditions: tuple[Condition, ...]
    findings: tuple[Finding, ...]


def conditions_in_force(
    licences: Iterable[Row], *, day: str, recalled_on: str | None = None
) -> InForce:
    """What binds the person on a day; `licences` in whatever order.

    Where two approved versions of one stand, each is a row (`every_version`).

    `recalled_on` is the day of the recall in force, if there is one: every licence that had begun
    by then has ended. What is asked of a person there is found by `custody`, not here.
    """
    versions = sorted(
        map(read_version, licences), key=lambda one: (one.record, one.number, repr(one))
    )
    recalled = _recalled(versions, recalled_on)
    binding = [one for one in versions if one.record not in recalled and _might_bind(one, day)]
    kept = tuple(one for one in binding if not _is_replaced(one, binding))
    return InForce(kept, _union(kept), by_gravity([*_disputes(kept), *_waiting(versions)]))


def read_version(row: Row) -> Version:
    """The version that a licence shows."""
    version = row.values.get("version")
    content = version.get("content") if isinstance(version, Mapping) else None
    varies = row.values.get("licence")
    return Version(
        record=row.key.record,
        subjects=row.key.subjects,
        kind=str(row.values.get("licence_kind", "")),
        status=str(row.values.get("status", "")),
        content=content if isinstance(content, Mapping) else {},
        is_approved=is_approved(version),
        is_status_disputed="status" in row.asks,
        is_version_disputed="version" in row.asks,
        varies=str(varies) if varies else None,
    )


def is_approved(version: Any) -> bool:
    """Whether a whole version is approved, and no draft."""
    return isinstance(version, Mapping) and version.get("approved") is True


def version_words(version: Any) -> str:
    """A version as a sentence names it; as it came where it is none that this release reads."""
    content = version.get("content") if isinstance(version, Mapping) else None
    if not isinstance(content, Mapping):
        return str(version)
    count = sum(len(content.get(sort) or ()) for sort in ("standard", "additional", "bespoke"))
    state = "approved" if is_approved(version) else "draft"
    noun = "condition" if count == 1 else "conditions"
    return f"{state} version {content.get('number')} with {count} {noun}"


def condition_words(condition: Condition) -> str:
    """A condition as staff read it."""
    if condition.sort == "standard":
        return describe("licence_standard_conditions", condition.code)
    return condition.text


def category_of(code: str) -> str:
    """The category of an additional condition; the code itself where no list knows it."""
    known = codes("licence_condition_types").get(code)
    if known is None:
        return code
    return known.columns.get("category_short") or known.columns.get("category") or code


def _recalled(versions: Sequence[Version], recalled_on: str | None) -> set[RecordId]:
    """The licences that a recall ended, and with each every variation of it."""
    recalled = {
        one.record
        for one in versions
        if one.status == RECALLED or (recalled_on is not None and one.starts_on <= recalled_on)
    }
    while True:
        names = {record.hex() for record in recalled}
        more = {one.record for one in versions if one.varies in names} - recalled
        if not more:
            return recalled
        recalled |= more


def _might_bind(one: Version, day: str) -> bool:
    """Whether it may bind on a day: approved, begun, not run out, and not surely ended."""
    ends_on = one.content.get("ends_on")
    is_over = bool(ends_on) and str(ends_on) < day
    has_ended = one.status in ENDED and not one.is_status_disputed
    return one.is_approved and one.starts_on <= day and not (is_over or has_ended)


def _is_replaced(one: Version, binding: Iterable[Version]) -> bool:
    """Whether a variation that nobody disputes was made of this version, or of a later one."""
    name = one.record.hex()
    return any(
        other.varies == name and other.is_certain and _varied_number(other) >= one.number
        for other in binding
        if other.record != one.record
    )


def _varied_number(variation: Version) -> int:
    """Which version its author had before them; 0 where it does not say, so that none is lost."""
    number = variation.content.get("varies_number")
    return number if isinstance(number, int) else 0


def _union(versions: Sequence[Version]) -> tuple[Condition, ...]:
    sets = [_conditions(one.content) for one in versions]
    ordered = dict.fromkeys(key for keys in sets for key in keys)
    is_doubtful = any(one.is_status_disputed for one in versions)
    return tuple(
        Condition(
            sort=sort,
            code=code,
            text=text,
            is_disputed=is_doubtful or any((sort, code, text) not in keys for keys in sets),
        )
        for sort, code, text in ordered
    )


def _conditions(content: Mapping[str, Any]) -> dict[tuple[Sort, str, str], None]:
    """The conditions of one version, in its order."""
    found: dict[tuple[Sort, str, str], None] = {}
    for code in content.get("standard") or ():
        found["standard", str(code), ""] = None
    for one in content.get("additional") or ():
        additional = one if isinstance(one, Mapping) else {"text": one}
        code, text = str(additional.get("code", "")), str(additional.get("text", ""))
        found["additional", code, text] = None
    for text in content.get("bespoke") or ():
        found["bespoke", "", str(text)] = None
    return found


def _disputes(kept: Sequence[Version]) -> Iterable[Finding]:
    records = {one.record for one in kept}
    unseen = [
        one
        for one in kept
        if one.is_version_disputed and sum(one.record == other.record for other in kept) < 2
    ]
    if len(kept) > 1 or any(one.is_status_disputed for one in kept):
        named = listed_words([one.words for one in kept])
        words = (
            f"In force may be {named}. The conditions of all are shown, and those that are not "
            "certain are marked, until an approver settles which it is."
        )
        code = "licence_disputed" if len(records) < 2 else "two_licences_in_force"
        yield Finding(code, "S1", words, kept[0].subjects)
    elif unseen:
        words = (
            "Another version of the licence was approved, whose conditions are not among these. "
            "Settle which is in force before you rely on them."
        )
        yield Finding("licence_version_not_shown", "S1", words, kept[0].subjects)


def _waiting(versions: Iterable[Version]) -> Iterable[Finding]:
    """Variations of one licence that wait side by side: an approver must choose."""
    by_licence: dict[str, dict[RecordId, Version]] = {}
    for one in versions:
        if one.status in WAITING and one.varies is not None:
            by_licence.setdefault(one.varies, {})[one.record] = one
    for _licence, waiting in sorted(by_licence.items()):
        if len(waiting) > 1:
            words = (
                f"{len(waiting)} variations of one licence wait for approval. The licence stays "
                "as it is until an approver chooses one."
            )
            yield Finding("variations_wait", "S2", words, next(iter(waiting.values())).subjects)
