"""What went wrong, as a page in plain words: what it means and what to do next."""

from typing import Final

from casework.access.actions import NotAllowed
from casework.desk.gate import Restricted
from casework.web.flow import refusal_words
from casework.web.views import Link, Problem
from sync_protocol.errors import Corrupt, NotFound, NotSaved, Refused, ThroughcareError, Unavailable

SEARCH: Final = Link("Find a person", "/search")
HOME: Final = Link("Go to the first page", "/")


def problem_of(fault: ThroughcareError) -> Problem:
    """The page for an error of ours."""
    code = type(fault).code
    if isinstance(fault, NotFound):
        return not_found(code)
    if isinstance(fault, Restricted | NotAllowed):
        return refused(fault)
    if isinstance(fault, NotSaved):
        return not_saved(code)
    if isinstance(fault, Refused):
        return Problem(
            status=422,
            title="This can't be done",
            paragraphs=(refusal_words(fault), "Nothing was changed."),
            links=(HOME,),
            reference=code,
        )
    if isinstance(fault, Unavailable):
        return busy(code)
    assert isinstance(fault, Corrupt | ThroughcareError)
    return broken(code)


def not_found(code: str = "not_found") -> Problem:
    """The page for what is not known at this node."""
    return Problem(
        status=404,
        title="Not known here",
        paragraphs=(
            "This page or person is not known at this office.",
            "Not known here is different from none: it may be known elsewhere.",
            "If you typed the address, check it. If you followed a link, search instead.",
        ),
        links=(SEARCH, HOME),
        reference=code,
    )


def refused(fault: Refused) -> Problem:
    """The page for what this person may not do."""
    return Problem(
        status=403,
        title="You may not open this",
        paragraphs=(
            refusal_words(fault),
            "That you tried is recorded, as every reading of a record is.",
        ),
        links=(SEARCH, HOME),
        reference=type(fault).code,
    )


def lost_form() -> Problem:
    """The page for a form that this session did not make."""
    return Problem(
        status=403,
        title="This form is no longer valid",
        paragraphs=(
            "Nothing was saved. Somebody signed out or in again since the form was opened.",
            "Go back, copy what you wrote, open the form again and paste it.",
        ),
        links=(HOME,),
        reference="form_token",
    )


def not_saved(code: str) -> Problem:
    """The page for a disk that does not take what was written."""
    return Problem(
        status=503,
        title="Not saved",
        paragraphs=(
            "This office's computer could not save it. Nothing is half done.",
            "Go back and try again in a minute.",
            "If it still does not save, write it down on paper with the time.",
            "Tell your site's technician: the computer's disk may be full.",
        ),
        links=(HOME,),
        reference=code,
    )


def busy(code: str) -> Problem:
    """The page for a passing condition."""
    return Problem(
        status=503,
        title="Try again in a minute",
        paragraphs=("This office's computer is busy. Nothing was lost and nothing was changed.",),
        links=(HOME,),
        reference=code,
    )


def broken(code: str) -> Problem:
    """The page for a fault of ours."""
    return Problem(
        status=500,
        title="Something is wrong with this office's computer",
        paragraphs=(
            "What you saw as saved is kept. What you were just doing may not be saved.",
            "Tell your site's technician now.",
            "Until it is mended, work on paper and write down the time of everything.",
        ),
        links=(HOME,),
        reference=code,
    )
