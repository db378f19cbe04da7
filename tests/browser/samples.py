"""One made-up sample of every page, full enough to show each part. All people are synthetic."""

from typing import Any

import msgspec

from casework.web.estate_views import NodeLine, NodesPage, ParkedLine
from casework.web.forms import Choice, Field, Form, FormPage
from casework.web.views import (
    BoardLine,
    BoardPage,
    Card,
    CaseLine,
    CaseloadPage,
    Changed,
    ConflictLine,
    ConflictPage,
    ConflictSide,
    Entry,
    Figure,
    Found,
    Frame,
    IdentityBar,
    Link,
    Mark,
    Notice,
    Officer,
    OfficerCases,
    OfficerSide,
    PersonPage,
    Problem,
    RiskCell,
    RiskGrid,
    RiskLine,
    Row,
    SearchPage,
    Strip,
    TimelineDay,
    Wing,
)

PERSON = "0190f000000070008000000000000001"
DOWN = Strip(
    "down",
    "Line to the centre down since 09:14 (2 h 5 min).",
    "You can keep working. 41 changes waiting. Last heard 09:12.",
)
FRAME = Frame(
    site="Leeds (HMP)",
    strip=DOWN,
    signed_in_as="R. Osei",
    navigation=(
        Link("Wing board", "/board", is_current=True),
        Link("Find a person", "/search"),
        Link("Conflicts (2)", "/conflicts"),
    ),
    csrf="sample",
)
UP = msgspec.structs.replace(FRAME, strip=Strip("up", "Line to the centre up.", "Everything sent."))
NOT_SENT = Mark("Not yet at the centre", "warn")
FLAGS = (Mark("Risk to staff", "grave"), Mark("ACCT open", "grave"), Mark("Arsonist", "plain"))
CONTESTED = Officer(
    "held",
    (
        OfficerSide(
            "Amina Farah", "Leeds (HMP)", "prison", "From 1 November 2026", "R. Osei, Leeds"
        ),
        OfficerSide("Tom Beech", "Leeds North", "community", "From 3 November 2026", "Leeds North"),
    ),
)
BAR = IdentityBar(
    person=PERSON,
    name="Daniel James Hargreaves",
    other_names=("Danny Hargreave",),
    born="3 March 1988 (38 years)",
    born_marks=(Mark("Also given: 8 March 1988", "warn"),),
    numbers=(("Prison number", "A1234BC"), ("CRN", "X123456")),
    custody="In custody",
    place="Leeds (HMP), LEI-A-1-003",
    flags=FLAGS,
    officer=CONTESTED,
)
ENTRY = Entry(
    anchor="op-1",
    title="Case note: Observations, general",
    when="22 November 2026 at 10:02",
    machine_when="2026-11-22T10:02:00+00:00",
    text=("Quiet on the landing this morning. Declined breakfast.\nSpoke about his daughter.",),
    additions=("Added 10:40 by R. Osei: ate at lunch.",),
    author="P. Novak",
    source="Wakefield (HMP)",
    lag="Recorded 10:05 at Wakefield (HMP), reached here 11:40 (1 h 35 min later).",
    marks=(NOT_SENT,),
    links=(Link("Add to this note", "#"), Link("Withdraw this note", "#")),
)
PERSON_PAGE = PersonPage(
    bar=BAR,
    warnings=(
        Row(
            title="Responsible officer: two offices named different people",
            lines=("Both stay responsible until somebody decides.",),
            marks=(Mark("Serious", "warn"),),
            links=(Link("Settle this conflict", "#"),),
        ),
    ),
    actions=(
        Link("Add a note", "#"),
        Link("Raise an alert", "#"),
        Link("Record a movement", "#"),
        Link("Move cell", "#"),
    ),
    main_cards=(
        Card(
            name="alerts",
            title="Alerts",
            known="held",
            rows=(
                Row(
                    title="Risk to staff",
                    lines=("Threw hot water at an officer on 2 November.", "From 2 November 2026"),
                    marks=(NOT_SENT,),
                    links=(Link("Close", "#", "alert Risk to staff"),),
                ),
            ),
            closed=(Row(title="Arsonist", lines=("Closed 3 May 2024: reviewed.",)),),
            closed_title="1 closed alert",
            action=Link("Raise an alert", "#"),
        ),
    ),
    side_cards=(
        Card(
            name="cell",
            title="Cell",
            known="held",
            rows=(Row(title="LEI-A-1-003", lines=("Since 20 November 2026 at 15:10",)),),
            action=Link("Move", "#", "to another cell"),
        ),
        Card(
            name="apart",
            title="Keep apart from",
            known="not_known",
            empty="No non-association has reached this office.",
        ),
    ),
    risk=RiskGrid(
        "held",
        "Overall: very high",
        (
            RiskLine("Children", RiskCell("Low"), RiskCell("Medium")),
            RiskLine(
                "Staff",
                RiskCell("Very high", Mark("Contested: highest shown", "warn")),
                RiskCell("High"),
            ),
        ),
        (Row(title="Cell sharing: high"), Row(title="Self-harm: medium")),
    ),
    risk_link=Link("Change", "#", "risk levels"),
    officer_link=Link("Change", "#", "responsible officer"),
    timeline=(TimelineDay("Sunday 22 November 2026", (ENTRY, ENTRY)),),
    older=Link("Older entries", "#"),
)
FOUND = Found(
    name="Daniel James Hargreaves",
    address="#",
    born="Born 3 March 1988",
    numbers="A1234BC",
    place="Leeds (HMP)",
    flags=FLAGS,
    note="Same number and last name",
)
FORM = Form(
    title="Add a note",
    submit="Check before saving",
    fields=(
        Field(
            name="subtype",
            label="Type of note",
            kind="select",
            choices=(
                Choice("OBSERVE/OBS_GEN", "Observation, general", group="Observations"),
                Choice("GEN/OFFICE", "Office", group="General"),
            ),
            when_missing="Choose the type of note",
        ),
        Field(name="day", label="Day it happened", kind="date", hint="For example, 22 11 2026"),
        Field(name="time", label="Time", kind="time", hint="24-hour clock, like 09:30"),
        Field(name="text", label="What happened", kind="long_text"),
        Field(
            name="level",
            label="How grave",
            kind="radios",
            choices=(Choice("a", "Low"), Choice("b", "High", "Needs a reason")),
        ),
        Field(name="sensitive", label="Sensitive", kind="checkbox", is_required=False),
    ),
)
FAULTY = FormPage(
    form=FORM,
    address="#",
    token="t",
    values={"day": "2026-13-1", "text": "Half a note"},
    faults={"subtype": "Choose the type of note", "day": "Day must be a real date, like 27 3 1986"},
    back="/people/x",
)
FILLED = msgspec.structs.replace(
    FAULTY,
    faults={},
    values={
        "subtype": "GEN/OFFICE",
        "day": "2026-11-22",
        "time": "09:30",
        "text": "All quiet.\nSecond line.",
        "level": "b",
    },
)
SIDES = tuple(
    ConflictSide(
        op=f"{number}" * 32,
        words=words,
        author="R. Osei",
        source="Leeds (HMP)",
        happened="22 November 2026 at 09:20",
        recorded="22 November 2026 at 09:25",
        reached="22 November 2026 at 11:40",
        clock_words="In step with the centre",
        marks=(Mark("Shown until settled", "calm"),),
        text="Agreed with the family.\nSecond line.",
    )
    for number, words in ((1, "Amina Farah, Leeds (HMP)"), (2, "Tom Beech, Leeds North"))
)
SETTLE = Form(
    title="Settle",
    fields=(
        Field(name="chosen", label="Which is right", kind="radios"),
        Field(name="reason", label="Why", kind="long_text", hint="Both offices will read this."),
        Field(name="officer", label="Officer's name", is_required=False),
    ),
)
BOARD = BoardPage(
    as_known="As known here at 11:19 on 22 November 2026.",
    figures=(
        Figure("Unlock roll", 3),
        Figure("Now", 4),
        Figure("In today", 1),
        Figure("Out today", 0),
        Figure("No cell", 1),
    ),
    choices=(Link("All wings", "/board", is_current=True), Link("A wing", "/board?wing=A")),
    contradictions=(Row(title="Daniel Hargreaves", lines=("Leeds and Wakefield both hold him.",)),),
    wings=(
        Wing(
            "A wing",
            (
                BoardLine(cell="A-1-003", person=FOUND, state="20 Nov 15:10"),
                BoardLine(
                    cell="A-1-004",
                    person=Found(name="Ben Okoro", address="#", numbers="A2222BB"),
                    state="09:02",
                ),
            ),
        ),
    ),
)
NODES = NodesPage(
    as_known="As known here at 11:19.",
    figures=(Figure("In contact", 2), Figure("Not in contact", 1), Figure("Changes waiting", 41)),
    lines=(
        NodeLine(
            name="Leeds",
            place="Leeds (HMP)",
            state=Mark("Not in contact", "grave"),
            last_contact="09:12 (2 h 7 min ago)",
            backlog="41 changes",
            oldest="oldest 2 h 5 min",
            lag="Nothing",
            digest=Mark("Same", "good"),
            digest_at="compared 09:12",
            parked="None",
            release="0.1.0",
        ),
    ),
)

OWN_PAGES: dict[str, tuple[str, dict[str, Any], Frame]] = {
    "person": ("person.html", {"view": PERSON_PAGE}, FRAME),
    "person-saved": (
        "person.html",
        {"view": PersonPage(bar=IdentityBar(person=PERSON, name="Ben Okoro"))},
        msgspec.structs.replace(UP, notice=Notice("Note saved", "Receipt LEI-7F3A-000123.")),
    ),
    "search": ("search.html", {"view": SearchPage("harg", (FOUND, FOUND), is_cut=True)}, UP),
    "search-none": ("search.html", {"view": SearchPage("zzz")}, FRAME),
    "form-faulty": ("form.html", {"view": FAULTY, "bar": BAR}, FRAME),
    "check": ("check.html", {"view": FILLED, "bar": BAR, "typed": (("text", "x"),)}, FRAME),
    "stale": (
        "stale.html",
        {
            "view": FILLED,
            "bar": BAR,
            "typed": (),
            "changes": (Changed("Risk to staff", "High", "P. Novak, Wakefield, 11:40"),),
        },
        UP,
    ),
    "unsaved": ("unsaved.html", {"view": FILLED, "typed": (), "step": "save", "code": "x"}, UP),
    "duplicates": ("duplicates.html", {"view": FILLED, "candidates": (FOUND,), "typed": ()}, UP),
    "already-saved": (
        "saved.html",
        {"receipt": "LEI-7F3A-000123", "links": (Link("Go on", "/"),)},
        UP,
    ),
    "conflicts": (
        "conflicts.html",
        {
            "lines": (
                ConflictLine(
                    title="Responsible officer",
                    address="#",
                    about="Two offices named different people.",
                    person="Daniel James Hargreaves",
                    severity=Mark("Serious", "warn"),
                    since="open since 09:40",
                ),
            )
        },
        UP,
    ),
    "conflicts-none": ("conflicts.html", {"lines": ()}, UP),
    "conflict": (
        "conflict.html",
        {
            "conflict": ConflictPage(
                bar=BAR,
                title="Responsible officer",
                why="Two offices named different people without seeing each other.",
                meanwhile="Until this is settled both are responsible.",
                sides=SIDES,
            ),
            "view": FormPage(form=SETTLE, address="#", token="t", faults={"chosen": "Choose one"}),
        },
        UP,
    ),
    "board": ("board.html", {"view": BOARD}, FRAME),
    "board-empty": ("board.html", {"view": BoardPage(as_known="As known", figures=())}, FRAME),
    "caseload": (
        "caseload.html",
        {
            "view": CaseloadPage(
                as_known="As known here at 11:19.",
                officers=(OfficerCases("Tom Beech", (CaseLine(person=FOUND, since="3 Nov"),)),),
            )
        },
        UP,
    ),
    "nodes": ("nodes.html", {"view": NODES}, UP),
    "parked": (
        "parked.html",
        {
            "lines": (
                ParkedLine(
                    op="0190f0…",
                    node="Leeds",
                    kind="Risk",
                    reason="Clock far ahead",
                    reached="09:12",
                ),
            )
        },
        UP,
    ),
    "problem": (
        "problem.html",
        {
            "view": Problem(
                status=404,
                title="Not found here",
                paragraphs=("This page is not known at this office.",),
                links=(Link("Find a person", "/search"),),
            )
        },
        UP,
    ),
}
