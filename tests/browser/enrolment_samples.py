"""Samples of the pages by which offices are let in. All people are synthetic."""

from typing import Any, Final

from casework.web.enrolment_views import CodePage, EnrolmentPage, OfficeLine
from casework.web.views import Frame, Link, Mark, Row
from tests.browser.samples import UP

WAITING: Final = Row(
    title="Brixton (HMP)",
    lines=(
        "It came Today at 09:14 with the code that A. Marsh gave.",
        "Six words: oyster tunnel canvas hedge hazel farmer.",
    ),
    links=(Link("Let it in", "#", "Brixton (HMP)"), Link("Refuse it", "#", "Brixton (HMP)")),
)
LEEDS: Final = OfficeLine(
    row=Row(
        title="Leeds (HMP)",
        lines=(
            "Prison LEI.",
            "Its staff find it at https://leeds.example:8443.",
            "Its certificate is good until 22 November 2028, and renewed long before.",
        ),
        marks=(Mark("Let in", "good"),),
        links=(Link("Revoke", "#", "Leeds (HMP)"),),
    ),
    code_at="#",
    code_words="Give a code for another computer",
)
MOORLAND: Final = OfficeLine(
    row=Row(
        title="Moorland (HMP & YOI)",
        lines=("Prison MDI.",),
        marks=(Mark("Revoked", "grave", "nothing that comes of it counts"),),
        links=(Link("Trust it again", "#", "Moorland (HMP & YOI)"),),
    ),
    code_at="#",
    code_words="Give a code for another computer",
)
BRIXTON: Final = OfficeLine(
    row=Row(
        title="Brixton (HMP)",
        lines=("Prison BXI.", "A. Marsh gave a code, good until Tomorrow at 09:00."),
        marks=(Mark("Waits to be let in", "warn"),),
    ),
    code_at="#",
    code_words="Give a code",
)

ENROLMENT_PAGES: Final[dict[str, tuple[str, dict[str, Any], Frame]]] = {
    "enrolment": (
        "enrolment.html",
        {
            "view": EnrolmentPage(
                waiting=(WAITING,), offices=(BRIXTON, LEEDS, MOORLAND), may_run=True
            )
        },
        UP,
    ),
    "enrolment-none": ("enrolment.html", {"view": EnrolmentPage(may_run=True)}, UP),
    "enrolment-code": (
        "enrolment_code.html",
        {
            "view": CodePage(
                office="Brixton (HMP)",
                code="58VTH-DZ14A-FDZ3Z-EM0Z9-4EQA2-V",
                invitation='{"node":"AZ","place_kind":"prison","place_code":"BXI"}' * 12,
                until="24 November 2026 at 09:00",
                back="/enrolment",
            )
        },
        UP,
    ),
}
