"""When what a person serves outside is over: licence (B), then supervision (P), then nothing (AT).

The custody statuses are those of probation. Post-sentence supervision follows the licence of a
short sentence until its top-up end date (TUSED; Offender Rehabilitation Act 2014, as the public
repository calculate-release-dates tells it). A sentence that
somebody closed is terminated (T); one whose last day has passed is so by itself (AT). Time
unlawfully at large does not count, so a recalled person's status never ends by a date.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from casework.rules.rows import Row, is_closed, read_day

ON_LICENCE: Final = "B"
SUPERVISED: Final = "P"
TERMINATED: Final = "T"
ENDED_BY_DATE: Final = "AT"


class SentenceEnds(msgspec.Struct, frozen=True):
    """The last days of licence and of supervision, where known, and whether all is terminated."""

    licence: str | None = None
    supervision: str | None = None
    is_terminated: bool = False

    def code_on(self, code: str | None, day: str) -> str | None:
        """The custody status on a day, of one that the steps left at `code`."""
        if code != ON_LICENCE:
            return code
        if self.is_terminated:
            return TERMINATED
        today, last = date.fromisoformat(day), read_day(self.licence or "")
        # A last day that cannot be read never comes: nobody's supervision ends by a slip.
        if last is None or today <= last:
            return code
        until = read_day(self.supervision or "")
        is_supervised = bool(self.supervision) and (until is None or today <= until)
        return SUPERVISED if is_supervised else ENDED_BY_DATE


def sentence_ends(rows: Iterable[Row]) -> SentenceEnds:
    """When the person's sentence ends, by the approved calculation of its dates.

    The licence ends with its expiry date, or with the sentence where it has none of its own.
    """
    counted = list(rows)
    sentences = [row for row in counted if row.key.kind == "sentence"]
    dates = _approved(next((row for row in counted if row.key.kind == "key_dates"), None))
    return SentenceEnds(
        licence=dates.get("licence_expiry") or dates.get("sentence_expiry"),
        supervision=dates.get("supervision_end"),
        is_terminated=bool(sentences) and all(is_closed(row) for row in sentences),
    )


def _approved(row: Row | None) -> Mapping[str, Any]:
    version = row.values.get("version") if row is not None else None
    if not isinstance(version, Mapping) or version.get("approved") is not True:
        return {}
    content = version.get("content")
    return content if isinstance(content, Mapping) else {}
