"""The licence conditions that bind: those of every version that might be in force.

The active licence stays in force until another is approved; one that is approved and has begun is
in force though nobody has yet recorded it as active; a recall ends all that began before it
(create-and-vary-a-licence-api; Criminal Justice Act 2003, s.254). Where two versions might each be
in force, the conditions of both are shown and those that are not in all of them are marked as
disputed: staff must not miss a restriction, and no interleaving ends one. Nor does a day that
cannot be read, a recall that somebody disputes, or one of the very day on which a licence begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec

from casework.reference.reader import codes, describe
from casework.rules.rows import Finding, Row, by_gravity, day_of, is_closed, read_day
from casework.rules.spoken import clock_words, day_words, listed_words
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
    is_recall_disputed: bool = False
    """Whether it, or what it varies, is recorded as recalled, and that is disputed."""
    is_recall_unclear: bool = False
    """Whether it, or what it varies, may have begun before the recall in force or after it."""

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
    def has_unread_day(self) -> bool:
        """Whether its first or last day is given in a way that names no day."""
        days = (self.starts_on, str(self.content.get("ends_on") or ""))
        return any(day and read_day(day) is None for day in days)

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
    licences: Iterable[Row],
    *,
    day: str,
    recalled_ms: int | None = None,
    releases: Iterable[Row] = (),
) -> InForce:
    """What binds the person on a day; `licences` in whatever order.

    Where two approved versions of one stand, each is a row (`every_version`).

    `recalled_ms` is when the recall in force was decided, if there is one: every licence that had
    begun by then has ended. Of one that begins on that very day the release on it tells which was
    first. What is asked of a person there is found by `custody`, not here.
    """
    versions = sorted(
        map(read_version, licences), key=lambda one: (one.record, one.number, repr(one))
    )
    standing = _standing(versions, recalled_ms, releases)
    binding = [one for one in standing if _might_bind(one, day)]
    kept = tuple(one for one in binding if not _is_replaced(one, binding))
    found = [
        *_disputes(kept),
        *_unclear(kept, recalled_ms),
        *_unread_days(kept),
        *_waiting(versions),
    ]
    return InForce(kept, _union(kept), by_gravity(found))


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


def _standing(
    versions: Sequence[Version], recalled_ms: int | None, releases: Iterable[Row]
) -> list[Version]:
    """The versions that no recall has surely ended, those marked that one may have ended."""
    ended, unclear = _ended_by(versions, recalled_ms, releases)
    said = [one for one in versions if one.status == RECALLED]
    ended |= {one.record for one in said if not one.is_status_disputed}
    disputed = {one.record for one in said if one.is_status_disputed}
    ended, unclear, disputed = (_varied(versions, of) for of in (ended, unclear, disputed))
    return [
        msgspec.structs.replace(
            one,
            is_recall_disputed=one.record in disputed,
            is_recall_unclear=one.record in unclear,
        )
        for one in versions
        if one.record not in ended
    ]


def _ended_by(
    versions: Sequence[Version], recalled_ms: int | None, releases: Iterable[Row]
) -> tuple[set[RecordId], set[RecordId]]:
    """The licences that had begun when recall was decided, and those that may have."""
    if recalled_ms is None:
        return set(), set()
    let_go = _let_go(releases)
    had_begun: dict[RecordId, set[bool | None]] = {}
    for one in versions:
        answer = _had_begun(one, recalled_ms, let_go.get(one.record.hex()))
        had_begun.setdefault(one.record, set()).add(answer)
    ended = {record for record, answers in had_begun.items() if answers == {True}}
    after = {record for record, answers in had_begun.items() if answers == {False}}
    return ended, set(had_begun) - ended - after


def _had_begun(one: Version, moment_ms: int, let_go_ms: int | None) -> bool | None:
    """Whether a licence had begun at a moment; None where nothing tells."""
    starts, on = read_day(one.starts_on), date.fromisoformat(day_of(moment_ms))
    if starts is not None and starts != on:
        return starts < on
    # Of one moment the recall comes first, as custody has it.
    return None if let_go_ms is None else let_go_ms < moment_ms


def _let_go(releases: Iterable[Row]) -> dict[str, int]:
    """When the person was last released on each licence that a release names, in hex."""
    found: dict[str, int] = {}
    for row in releases:
        name, moment = row.values.get("licence"), row.values.get("occurred_at")
        if name and isinstance(moment, int) and not is_closed(row):
            found[str(name)] = max(moment, found.get(str(name), moment))
    return found


def _varied(versions: Sequence[Version], records: set[RecordId]) -> set[RecordId]:
    """The licences, and with each every variation of it."""
    found = set(records)
    while True:
        names = {record.hex() for record in found}
        more = {one.record for one in versions if one.varies in names} - found
        if not more:
            return found
        found |= more


def _might_bind(one: Version, day: str) -> bool:
    """Whether it may bind on a day: approved, begun, not run out, and not surely ended."""
    today, starts = date.fromisoformat(day), read_day(one.starts_on)
    ends = read_day(str(one.content.get("ends_on") or ""))
    has_ended = one.status in ENDED and not one.is_status_disputed
    # A day that cannot be read has come, where it begins a licence, and never where it ends one.
    has_begun = starts is None or starts <= today
    return one.is_approved and has_begun and (ends is None or today <= ends) and not has_ended


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
    is_doubtful = any(
        one.is_status_disputed or one.is_recall_disputed or one.is_recall_unclear
        for one in versions
    )
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
    if len(kept) > 1 or any(one.is_status_disputed or one.is_recall_disputed for one in kept):
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


def _unclear(kept: Sequence[Version], recalled_ms: int | None) -> Iterable[Finding]:
    """Licences that the recall in force may have ended, or may not have known of."""
    doubtful = [one for one in kept if one.is_recall_unclear]
    if doubtful and recalled_ms is not None:
        words = (
            f"Recall was decided at {clock_words(recalled_ms)}, and it is not recorded whether "
            f"the person was released before it or after it on "
            f"{listed_words([one.words for one in doubtful])}. The conditions are shown, marked "
            "as not certain. Record the licence as recalled if the recall ended it; if not, "
            "record the release on it."
        )
        yield Finding("licence_or_recall_first", "S1", words, doubtful[0].subjects)


def _unread_days(kept: Sequence[Version]) -> Iterable[Finding]:
    """Licences that count as in force because a day of theirs names none."""
    unread = [one for one in kept if one.has_unread_day]
    if unread:
        words = (
            "The first or last day cannot be read of "
            f"{listed_words([one.words for one in unread])}. The conditions count as in force. "
            "Find out the days and write them into a new version."
        )
        yield Finding("licence_day_unread", "S2", words, unread[0].subjects)


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
