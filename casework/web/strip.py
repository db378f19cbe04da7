"""The status strip: how the line is, in words that say what it means for the person working."""

import msgspec

from casework.desk.status import LineView
from casework.web.views import Strip
from casework.web.words import age, counted, short_moment


def strip_of(line: LineView, now_ms: int) -> Strip:
    """The strip of an office's terminal."""
    if line.state == "centre":
        return Strip("centre", "This is the centre.", "What is saved here is saved for everyone.")
    if line.needs_a_person:
        return _not_synchronising(line, now_ms)
    if line.state == "down":
        return _down(line, now_ms)
    if line.state == "up":
        sending = _sending(line, now_ms)
        words = sending or "Everything sent."
        return Strip("up", "Line to the centre up.", words, is_all_sent=not sending)
    rest = ["You can keep working.", _waiting(line), _last_heard(line, now_ms)]
    return Strip("starting", "Calling the centre.", " ".join(part for part in rest if part))


def strip_as_json(strip: Strip) -> bytes:
    """What the strip's script asks for."""
    return msgspec.json.encode(strip)


def _down(line: LineView, now_ms: int) -> Strip:
    since = short_moment(line.since_ms, now_ms)
    lead = f"Line to the centre down since {since} ({age(now_ms - line.since_ms)})."
    rest = ["You can keep working.", _waiting(line) or "No changes waiting."]
    return Strip("down", lead, " ".join([*rest, _last_heard(line, now_ms)]))


def _not_synchronising(line: LineView, now_ms: int) -> Strip:
    """The line may be well; it is this node that a person must look at (INV-10)."""
    since = short_moment(line.since_ms, now_ms)
    lead = f"Not synchronising since {since} ({age(now_ms - line.since_ms)})."
    tell = f"Tell those who run this office's computer: code {line.fault}."
    rest = [tell, _waiting(line) or "No changes waiting.", _last_heard(line, now_ms)]
    return Strip("down", lead, " ".join(rest))


def _waiting(line: LineView) -> str:
    return f"{counted(line.waiting_ops, 'change')} waiting." if line.waiting_ops else ""


def _sending(line: LineView, now_ms: int) -> str:
    if not line.waiting_ops:
        return ""
    oldest = (
        f", the oldest for {age(now_ms - line.oldest_waiting_ms)}"
        if line.oldest_waiting_ms is not None
        else ""
    )
    return f"{counted(line.waiting_ops, 'change')} on the way{oldest}."


def _last_heard(line: LineView, now_ms: int) -> str:
    if line.last_heard_ms is None:
        return "Not heard from yet since this office's computer started."
    return f"Last heard {short_moment(line.last_heard_ms, now_ms)}."
