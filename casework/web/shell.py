"""The page shell: the templates' environment, and the one way a page becomes HTML.

The look is that of GOV.UK, which staff use all day, without its crown and its font. The templates
take the structs of `casework.web.views` and `casework.web.forms`; a floor above adds a folder of
its own pages.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
)
from litestar import MediaType, Response

from casework.web import words
from casework.web.forms import Choice, date_parts, played_back
from casework.web.static_files import StaticFiles, read_static_files
from casework.web.views import Frame

SERVICE: Final = "Throughcare"
TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
TONES: Final = {
    "grave": "govuk-tag--red",
    "warn": "govuk-tag--yellow",
    "calm": "govuk-tag--blue",
    "good": "govuk-tag--green",
    "plain": "govuk-tag--grey",
}


class Shell(msgspec.Struct, frozen=True):
    """Renders pages; made once by an app and given to its handlers."""

    environment: Environment
    static: StaticFiles

    def html(self, template: str, frame: Frame, **page: Any) -> str:
        """The page as text, with the frame around it."""
        return self.environment.get_template(template).render(frame=frame, **page)

    def page(self, template: str, frame: Frame, status: int = 200, **page: Any) -> Response[str]:
        """The page as an answer."""
        content = self.html(template, frame, **page)
        return Response(content, status_code=status, media_type=MediaType.HTML)


def radio_items(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """The choices as the vendor's macro for radios takes them."""
    return [
        {"value": one.value, "text": one.words, "hint": {"text": one.hint} if one.hint else None}
        for one in choices
    ]


@cache
def make_shell(folders: tuple[Path, ...] = ()) -> Shell:
    """The shell with the shared templates and those of the given folders; one for all who ask."""
    static = read_static_files()
    environment = Environment(
        loader=ChoiceLoader(
            [
                *(FileSystemLoader(folder) for folder in (*folders, TEMPLATES)),
                # The vendor's macros import one another by the full name of their package.
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        # The vendor's macros ask for parts of parameters that were not given.
        undefined=ChainableUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        asset=static.address,
        service=SERVICE,
        tone=TONES.__getitem__,
        date_parts=date_parts,
        played_back=played_back,
        radio_items=radio_items,
    )
    environment.filters.update(
        clock=words.clock,
        day=words.day,
        iso_day=words.iso_day,
        age=words.age,
        counted=words.counted,
    )
    return Shell(environment, static)
