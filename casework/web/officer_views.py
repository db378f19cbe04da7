"""What the page of the responsible officer takes: finished words, and a picture in numbers."""

from typing import Literal

import msgspec

from casework.web.forms import FormPage
from casework.web.views import Banner, IdentityBar, Link, Mark, Row

Ground = Literal["prison", "shared", "community", "gap"]


class Bar(msgspec.Struct, frozen=True):
    """One bar of the picture; `ground` gives its pattern and colour, `words` what it says."""

    left: int
    width: int
    top: int
    ground: Ground
    words: str
    label: str = ""
    """What is written on it; empty where there is no room."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads by the rules, and who was responsible, along one line of time."""

    words: str
    width: int
    height: int
    bars: tuple[Bar, ...]
    today: int | None
    first: str
    last: str


class ServedLine(msgspec.Struct, frozen=True):
    """One officer's time in the table of the history."""

    name: str
    team: str
    side: str
    since: str
    until: str
    named_by: tuple[str, ...]
    marks: tuple[Mark, ...] = ()


class DueLine(msgspec.Struct, frozen=True):
    """One thing that is due."""

    words: str
    when: str
    mark: Mark


class ResponsibilityPage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page of the responsible officer."""

    bar: IdentityBar
    warnings: tuple[Row, ...]
    lead: Banner
    facts: tuple[tuple[str, str], ...]
    rests_on: str
    picture: Picture | None
    served: tuple[ServedLine, ...]
    due: tuple[DueLine, ...]
    handover: FormPage
    links: tuple[Link, ...]
