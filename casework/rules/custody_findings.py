"""What is wrong with where a person is, in plain words for staff.

A finding here ends by itself when the next step puts it right, or when the step that was wrong is
struck out. None says who is to blame: two people each did their work, and the line was down.
"""

from collections.abc import Iterable

from casework.reference.in_use import short_place_name as place_words
from casework.rules.responsibility_inputs import content_of
from casework.rules.rows import HOUR_MS, Finding, Row, day_of, is_closed, read_day
from casework.rules.spoken import clock_words, day_words, time_words
from casework.rules.steps import CalledBack, LetGo, Move
from casework.rules.whereabouts import OVERDUE_AFTER_MS, CustodyState


def not_knowing(did: str, done_ms: int, *, unseen: str, unseen_ms: int) -> str:
    """What somebody did, not knowing of something else, as one sentence; a day is said once.

    "Leeds recorded the release at 10:05, not knowing that recall was decided at 09:40, on …".
    """
    if day_of(done_ms) == day_of(unseen_ms):
        done, before = time_words(done_ms), time_words(unseen_ms)
        day = day_words(day_of(done_ms))
        return f"{did} at {done}, not knowing that {unseen} at {before}, on {day}."
    done, before = clock_words(done_ms), clock_words(unseen_ms)
    return f"{did} at {done}, not knowing that {unseen} at {before}."


def present_findings(state: CustodyState, as_of_ms: int) -> list[Finding]:
    """What is wrong now."""
    found = [_two_books(state), _at_large(state), _overdue(state, as_of_ms), _recall(state)]
    return [finding for finding in found if finding is not None]


def unable_to_release(state: CustodyState, step: LetGo) -> Finding:
    """A release that cannot be: it is kept, and moves nobody."""
    origin = place_words(step.from_place) if step.from_place else "A prison"
    if state.place is not None and step.from_place in {None, state.place}:
        why = "who was not there to be released"
        if state.code == "I":
            why = "who is detained as an immigration detainee"
        elif state.code == "R":
            why = "who is out on temporary licence and has not come back"
    else:
        why = "who was not in its custody"
    words = (
        f"{origin} recorded a release at {clock_words(step.occurred_at)} of somebody {why}. "
        "Check where the person is, and whether they were released in error."
    )
    return Finding("unable_to_release", "S1", words)


def unable_to_recall(step: CalledBack) -> Finding:
    """A recall of somebody who is not on licence any more: it is kept, and calls nobody back."""
    words = (
        f"Recall was decided at {clock_words(step.occurred_at)} of somebody who was not on "
        "licence. Find out which sentence was meant."
    )
    return Finding("unable_to_recall", "S1", words)


def releases_before_sentence(
    releases: Iterable[Row], sentences: Iterable[Row]
) -> tuple[Finding, ...]:
    """Releases that are recorded as before the day of the sentence that they are from."""
    passed_on = {
        row.key.record.hex(): day
        for row in sentences
        if (day := read_day(str(content_of(row).get("sentenced_on")))) is not None
    }
    found = []
    for row in releases:
        told, began = row.values.get("occurred_at"), passed_on.get(str(row.values.get("sentence")))
        if is_closed(row) or began is None or not isinstance(told, int):
            continue
        released_on = day_of(told)
        if released_on < began.isoformat():
            origin = place_words(str(row.values.get("from_place") or ""))
            words = (
                f"{origin} recorded a release on {day_words(released_on)} from a sentence of "
                f"{day_words(began)}. One of the two days is wrong: check the release against the "
                "warrant."
            )
            found.append(Finding("release_before_sentence", "S1", words))
    return tuple(found)


def released_twice(step: LetGo) -> Finding:
    """One release in two records."""
    origin = place_words(step.from_place or "")
    return Finding("release_recorded_twice", "S3", f"{origin} recorded the release twice.")


def released_despite(step: LetGo, recall: CalledBack) -> Finding:
    """A release that was meant although a recall is in force."""
    words = (
        f"{place_words(step.from_place or '')} recorded the release at "
        f"{clock_words(step.occurred_at)} on purpose, knowing that recall was decided at "
        f"{clock_words(recall.occurred_at)}. The reason is with the release."
    )
    return Finding("released_despite_recall", "S2", words)


def departure_not_counted(state: CustodyState, origin: str) -> Finding:
    """A departure from a prison that did not have the person."""
    if state.place is None:
        words = f"{place_words(origin)} recorded a departure of somebody it had not received."
        return Finding("departure_without_reception", "S2", words)
    words = (
        f"{place_words(origin)} recorded a departure after {place_words(state.place)} had received "
        "the person. The reception counts."
    )
    return Finding("departure_after_reception", "S3", words)


def reception_findings(
    state: CustodyState, move: Move, *, is_recall: bool, is_transfer: bool
) -> tuple[Finding, ...]:
    """What is odd about a reception; it counts all the same."""
    here = place_words(move.to_place or "")
    found: list[Finding] = []
    if state.is_in_custody and is_recall and state.recall is None:
        words = f"{here} recorded a reception on recall of somebody who had not been released."
        found.append(Finding("recall_without_release", "S2", words))
    if state.status == "in_community" and is_transfer:
        words = f"{here} recorded a transfer in of somebody who had been released."
        found.append(Finding("transfer_after_release", "S1", words))
    if state.status == "dead":
        words = f"{here} recorded a reception of somebody recorded as dead."
        found.append(Finding("reception_after_death", "S1", words))
    return tuple(found)


def no_place(move: Move) -> Finding:
    """A reception nowhere."""
    words = f"A reception ({move.type}) was recorded without saying where."
    return Finding("reception_without_place", "S2", words)


def _two_books(state: CustodyState) -> Finding | None:
    if state.also_at is None:
        return None
    there = place_words(state.also_at)
    here = place_words(state.place or state.transit_to or state.former_place or "elsewhere")
    if state.is_contradicted:
        words = (
            f"{there} recorded receiving this person{_at(state.also_since_ms)}, and {here}"
            f"{_at(state.since_ms)}. The later, {here}, is shown. Find out where the person is."
        )
        return Finding("in_two_places", "S1", words)
    words = (
        f"{here} received the person{_at(state.since_ms)}, and {there}, which had received them"
        f"{_at(state.also_since_ms)}, has not recorded that they left."
    )
    if state.status != "in_custody":
        words = f"{there}, which received the person{_at(state.also_since_ms)}, has not recorded "
        words += f"that they left, and {here} has received them since."
    return Finding("departure_missing", "S2", words)


def _at(moment_ms: int | None) -> str:
    return f" at {clock_words(moment_ms)}" if moment_ms is not None else ""


def _at_large(state: CustodyState) -> Finding | None:
    if state.status != "unlawfully_at_large":
        return None
    if state.is_in_error and state.last_release is not None and state.recall is not None:
        words = _in_error(state.last_release, state.recall)
        return Finding("possible_release_in_error", "S1", words)
    left = place_words(state.former_place or "custody")
    if state.recall is None:
        return Finding("unlawfully_at_large", "S1", f"Unlawfully at large since leaving {left}.")
    decided = f"Recall was decided at {clock_words(state.recall.occurred_at)}"
    if state.since_ms != state.recall.occurred_at:
        words = f"Unlawfully at large since leaving {left}. {decided}, and is in force."
        return Finding("unlawfully_at_large", "S1", words)
    words = (
        f"{decided}, after the release from {left}. Unlawfully at large until a prison receives "
        "the person."
    )
    return Finding("recalled_at_large", "S1", words)


def _in_error(step: LetGo, recall: CalledBack) -> str:
    origin = place_words(step.from_place or "")
    after = (
        "Possible release in error: the recall is in force, and the person is to be arrested. "
        f"Tell {origin} and the responsible officer at once."
    )
    if step.had_seen(recall.record):
        told = (
            f"{origin} recorded the release at {clock_words(step.occurred_at)}, although recall "
            f"was decided at {clock_words(recall.occurred_at)}, and gave no reason."
        )
        return f"{told} {after}"
    told = not_knowing(
        f"{origin} recorded the release",
        step.occurred_at,
        unseen="recall was decided",
        unseen_ms=recall.occurred_at,
    )
    return f"{told} {after}"


def _recall(state: CustodyState) -> Finding | None:
    """A recall in force of somebody who has not been received on it, and is not at large."""
    if state.recall is None or state.status in {"unlawfully_at_large", "dead"}:
        return None
    decided = f"Recall was decided at {clock_words(state.recall.occurred_at)}"
    if state.status == "temporarily_absent":
        words = f"{decided}, and the person is out on temporary licence. Call them back at once."
        return Finding("recalled_while_absent", "S1", words)
    if state.status == "unknown":
        words = f"{decided}, and no prison has recorded the person. Find out where the person is."
        return Finding("recall_in_force", "S1", words)
    if state.recall_ends is None:
        words = (
            f"{decided}, of a release that is not recorded. The recall is in force: do not release "
            "the person, but arrest them at the gate."
        )
        return Finding("recall_of_future_release", "S1", words)
    words = f"{decided}, and is in force: do not release the person without looking at it."
    return Finding("recall_in_force", "S2", words)


def _overdue(state: CustodyState, as_of_ms: int) -> Finding | None:
    """Out for twelve hours without being received; absences have no time of return to be late."""
    if state.status not in {"in_transit", "at_court"} or state.since_ms is None:
        return None
    out_ms = as_of_ms - state.since_ms
    if out_ms < OVERDUE_AFTER_MS:
        return None
    left = place_words(state.transit_from or state.place or "custody")
    where = "to court" if state.status == "at_court" else _towards(state.transit_to)
    words = (
        f"Left {left} {where} {out_ms // HOUR_MS} hours ago and has been received nowhere since."
    )
    return Finding("overdue", "S1", words)


def _towards(place: str | None) -> str:
    return f"for {place_words(place)}" if place else "on transfer"
