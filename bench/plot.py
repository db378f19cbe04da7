"""Bars as SVG, drawn by hand: a title, one bar a contender, its value beside it.

Colours are readable on white and on black; the text is text, so that a reader or a screen reader
finds the figures in the picture as well as in the table.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

import msgspec

WIDTH: Final = 640
LABEL_WIDTH: Final = 150
VALUE_WIDTH: Final = 90
BAR_HEIGHT: Final = 22
GAP: Final = 10
TOP: Final = 44
OURS_COLOUR: Final = "#1d70b8"
OTHERS_COLOUR: Final = "#b1b4b6"
GREY: Final = "#6b7276"


class Bar(msgspec.Struct, frozen=True):
    """One contender's figure, and how it is written."""

    label: str
    value: float
    text: str
    is_ours: bool = False


def bars_svg(title: str, note: str, bars: Sequence[Bar]) -> str:
    """The picture; bars on a logarithmic scale where the largest is over fifty times the least."""
    height = TOP + len(bars) * (BAR_HEIGHT + GAP) + 8
    lengths = _lengths([bar.value for bar in bars])
    described = ", ".join(f"{bar.label} {bar.text}" for bar in bars)
    is_logarithmic = _is_wide([bar.value for bar in bars])
    scale = f"{note}; logarithmic scale" if is_logarithmic else note
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        f' aria-label="{escape(f"{title}: {described}")}" font-family="sans-serif">',
        f'<text x="0" y="16" font-size="15" font-weight="bold" fill="{GREY}">',
        f"{escape(title)}</text>",
        f'<text x="0" y="33" font-size="11" fill="{GREY}">{escape(scale)}</text>',
    ]
    for place, (bar, length) in enumerate(zip(bars, lengths, strict=True)):
        lines += _bar_lines(bar, length, TOP + place * (BAR_HEIGHT + GAP))
    return "\n".join([*lines, "</svg>", ""])


def _bar_lines(bar: Bar, length: float, top: int) -> list[str]:
    middle = top + BAR_HEIGHT * 0.7
    colour = OURS_COLOUR if bar.is_ours else OTHERS_COLOUR
    weight = "bold" if bar.is_ours else "normal"
    style = f'font-size="12" font-weight="{weight}" fill="{GREY}"'
    end = LABEL_WIDTH + length + 6
    return [
        f'<text x="0" y="{middle:.0f}" {style}>{escape(bar.label)}</text>',
        f'<rect x="{LABEL_WIDTH}" y="{top}" width="{length:.1f}" height="{BAR_HEIGHT}"',
        f' fill="{colour}"/>',
        f'<text x="{end:.1f}" y="{middle:.0f}" {style}>{escape(bar.text)}</text>',
    ]


def _lengths(values: Sequence[float]) -> list[float]:
    """The bars' lengths; a logarithmic one begins a little below the least value."""
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    largest = max(values, default=0)
    if largest <= 0:
        return [0.0 for _ in values]
    if not _is_wide(values):
        return [max(1.0, room * value / largest) for value in values]
    start = min(value for value in values if value > 0) / 2
    whole = math.log(largest / start)
    return [max(1.0, room * math.log(max(value, start) / start) / whole) for value in values]


def _is_wide(values: Sequence[float]) -> bool:
    above = [value for value in values if value > 0]
    return bool(above) and max(above) > 50 * min(above)
