"""What is checked when a release, a recall or a temporary absence is entered.

What came by sync is never refused: it is kept, and shown with a finding. Somebody who has a recall
in force before their eyes, though, does not release the person without doing so on purpose.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from casework.access.caller import Caller
from casework.desk.custody import custody_rows
from casework.desk.desk import Desk
from casework.rules.custody import custody_state
from casework.rules.movement_reasons import sort_of
from casework.rules.recalls import recall_of
from casework.rules.rows import DAY_MS, day_of
from casework.rules.spoken import clock_words
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.ids import SubjectId
from sync_protocol.io.reading import Shown

Values = dict[str, Any]
Rows = Mapping[str, Sequence[Shown]]

AHEAD_MS_MAX: Final = 5 * 60_000
"""As in `casework.desk.entry`: how far a clock on the wall may be ahead of the node's."""


class RecallInForce(Refused):
    """A recall of this person is in force: they are not to be released."""

    code = "recall_in_force"
    hint = (
        "Keep the person and tell the responsible officer. Where the release is right all the "
        "same, record a release that says why (despite_recall), then how the person left."
    )


def check_absence(_desk: Desk, values: Values) -> Values:
    """An absence ends after it begins, and so does each outing."""
    first, last = values.get("valid_from"), values.get("valid_to")
    if first is not None and last is not None and last < first:
        raise InvalidValue("temporary_absence: valid_to is before valid_from")
    outing = values.get("occurrence")
    if isinstance(outing, Mapping) and outing["back_at"] <= outing["out_at"]:
        raise InvalidValue("temporary_absence: an outing ends after it begins (back_at)")
    return values


def with_custody_known(
    desk: Desk, caller: Caller, person: SubjectId, kind: str, values: Values
) -> Values:
    """The values as they are to be stored, by what this node shows of the person's custody.

    RecallInForce for a release while a recall is in force, unless it says why; InvalidValue where
    the moments cannot be. Values of other kinds are given back as they are.
    """
    complete = _BY_KIND.get(kind)
    return values if complete is None else complete(desk, caller, person, values)


def _with_recalls_seen(desk: Desk, _caller: Caller, person: SubjectId, values: Values) -> Values:
    """A release names the recalls that its author was shown: by this node's word."""
    if "from_place" not in values:
        return values
    with desk.store.reading() as reading:
        rows = custody_rows(reading, person)
    _check_release_day(rows["sentence"], values)
    reason = values.get("despite_recall")
    is_recalled = _is_recalled(desk, rows)
    if is_recalled and reason is None:
        raise RecallInForce(f"person {person.hex()}")
    if reason is not None and not is_recalled:
        raise InvalidValue("release: no recall is in force here; leave despite_recall empty")
    recalls = [recall_of(row) for row in rows["recall"]]
    seen = sorted(recall.record.hex() for recall in recalls if recall.is_in_force)
    blank = {"sentence": None, "licence": None, "movement": None, "going_to": None}
    return {**blank, "despite_recall": None, **values, "recalls_seen": seen}


def _check_departure(desk: Desk, _caller: Caller, person: SubjectId, values: Values) -> Values:
    """A movement on release is one too."""
    movement_type, reason = str(values.get("type", "")), str(values.get("reason", ""))
    direction = str(values.get("direction", ""))
    if sort_of(movement_type, reason, direction, values.get("to_place")) != "release":
        return values
    with desk.store.reading() as reading:
        rows = custody_rows(reading, person)
    if _is_recalled(desk, rows):
        raise RecallInForce(f"person {person.hex()}")
    return values


def _complete_recall(desk: Desk, caller: Caller, person: SubjectId, values: Values) -> Values:
    """Nobody signs in another's name, and no recall is decided in the future or too early."""
    decision, signature = values.get("decision"), values.get("signature")
    if isinstance(decision, Mapping):
        _check_decided(desk, person, values.get("release"), int(decision["decided_at"]))
    if not isinstance(signature, Mapping):
        return values
    signed = {
        **signature,
        "staff_id": caller.staff.hex(),
        "staff_name": caller.display_name,
        "signed_at": desk.now_ms(),
    }
    return {**values, "signature": signed}


def _check_decided(desk: Desk, person: SubjectId, release: Any, decided_ms: int) -> None:
    if decided_ms > desk.now_ms() + AHEAD_MS_MAX:
        raise InvalidValue("recall: decided_at is in the future; record it once it is decided")
    if release is None:
        return
    with desk.store.reading() as reading:
        rows = reading.records("release", person)
    of_this = [row for row in rows if row.key.record.hex() == release]
    for row in of_this:
        released_ms = row.values.get("occurred_at")
        if isinstance(released_ms, int) and decided_ms < released_ms:
            raise InvalidValue(
                f"recall: decided before the release at {clock_words(released_ms)}; leave release "
                "out where the person was not released yet when it was decided"
            )


def _check_release_day(sentences: Sequence[Shown], values: Values) -> None:
    """A release is not before the sentence that it is from."""
    named = values.get("sentence")
    released_on = day_of(int(values.get("occurred_at", 0)) or DAY_MS)
    for row in sentences:
        version = row.values.get("version")
        content = version.get("content") if isinstance(version, Mapping) else None
        began = content.get("sentenced_on") if isinstance(content, Mapping) else None
        if row.key.record.hex() == named and isinstance(began, str) and released_on < began:
            raise InvalidValue(f"release: before the day of the sentence, {began}")


def _is_recalled(desk: Desk, rows: Rows) -> bool:
    """Whether this node shows a recall in force of somebody who is not at large already."""
    every = [row for of_kind in rows.values() for row in of_kind]
    state = custody_state(every, as_of_ms=desk.now_ms())
    return state.recall is not None and state.status != "unlawfully_at_large"


_BY_KIND: Final[Mapping[str, Callable[[Desk, Caller, SubjectId, Values], Values]]] = {
    "movement": _check_departure,
    "recall": _complete_recall,
    "release": _with_recalls_seen,
}
