"""What the templates of enrolment take: the offices with their state, and a code told once."""

import msgspec

from casework.web.views import Row


class OfficeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One office: its state in words, and where a code for its computer is asked for."""

    row: Row
    code_at: str = ""
    """Empty where the reader may give none."""
    code_words: str = ""


class EnrolmentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every office with its state, and the computers that wait to be let in."""

    waiting: tuple[Row, ...] = ()
    offices: tuple[OfficeLine, ...] = ()
    may_run: bool = False


class CodePage(msgspec.Struct, frozen=True, kw_only=True):
    """A code and its invitation, shown on this page and never again."""

    office: str
    code: str
    invitation: str
    until: str
    back: str
