"""Who works where: the centre's administrators appoint staff to places, change that and end it."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from casework.access.caller import ROLES, Role
from casework.desk import gate
from casework.desk.posts import (
    Appointment,
    PostView,
    appoint,
    bind_online,
    change_post,
    end_post,
    give_new_code,
    places,
    post_of,
    posts_at,
    unlock_post,
)
from casework.records.post import OnlineName
from casework.web.drafts import Receipt
from casework.web.flow import SEE_OTHER, Asked, Filled, Ids, Work, form_routes
from casework.web.forms import Choice, Field, Form
from casework.web.pages.staff import code_notice, staff_id
from casework.web.shown.staff import ROLE_WORDS, post_line
from casework.web.views import Link, Notice
from casework.web.visit import POSTS, GivenVisit, Visit
from sync_protocol.causality import SeenToken
from sync_protocol.ids import ActorId

PAGE: Final = POSTS
OF_PLACE: Final = f"{PAGE}/{{place:str}}"
OF_ONE: Final = f"{OF_PLACE}/{{staff:str}}"

NAME: Final = Field(
    name="display_name",
    label="Name",
    hint="As pages show it: K. Birkshaw.",
    width="govuk-input--width-20",
    when_missing="Enter their name",
)
USER_NAME: Final = Field(
    name="user_name",
    label="User name",
    hint="By which they sign in at that place.",
    width="govuk-input--width-20",
    when_missing="Enter a user name",
)
ROLE: Final = Field(
    name="role",
    label="Role",
    kind="radios",
    choices=tuple(Choice(one, ROLE_WORDS[one]) for one in ROLES),
    when_missing="Choose their role",
)
TEAM: Final = Field(
    name="team",
    label="Team",
    hint="The code of a team, where they are of one.",
    width="govuk-input--width-10",
    is_required=False,
)
ISSUER: Final = Field(
    name="issuer",
    label="Address of the sign-in service",
    hint="Exactly as it calls itself: https://login.justice.example.",
    when_missing="Enter the address of the sign-in service",
)
SUBJECT: Final = Field(
    name="subject",
    label="Its name for them",
    hint="Leave it empty to let them sign in by their password alone.",
    is_required=False,
)
LAST_DAY: Final = Field(
    name="last_day",
    label="Last day",
    kind="date",
    hint="If it is to come, they may sign in until it is over.",
    when_missing="Enter their last day there",
)


def routes() -> list[HTTPRouteHandler]:
    """The list of a place, and the forms."""
    return [
        show_places,
        show_place,
        *form_routes(f"{OF_PLACE}/new", Work(ask=_ask_new, save=_save_new)),
        *form_routes(f"{OF_ONE}/change", Work(ask=_ask_change, save=_save_change)),
        *form_routes(f"{OF_ONE}/end", Work(ask=_ask_end, save=_save_end)),
        *form_routes(f"{OF_ONE}/online", Work(ask=_ask_online, save=_save_online)),
        take_code,
        take_unlock,
    ]


@get(PAGE, sync_to_thread=True)
def show_places(visit: GivenVisit) -> Response[str]:
    """Every place, to be chosen."""
    gate.allow(visit.desk, visit.caller, "appoint")
    links = tuple(Link(one.place.name, f"{PAGE}/{one.place.code}") for one in places(visit.desk))
    return visit.page("places.html", links=links)


@get(OF_PLACE, sync_to_thread=True)
def show_place(
    request: Request[Any, Any, Any], place: FromPath[str], visit: GivenVisit
) -> Response[str]:
    """Who works at a place."""
    notice = visit.saved_notice(request.query_params.get("saved"))
    if request.query_params.get("unlocked"):
        notice = Notice("Unlocked", "They can try again once the office has heard of it.")
    return _place_page(visit, place, notice)


@post(f"{OF_ONE}/code", sync_to_thread=True, status_code=200)
def take_code(place: FromPath[str], staff: FromPath[str], visit: GivenVisit) -> Response[str]:
    """A new one-time code, shown on this page and never again."""
    view = post_of(visit.desk, visit.caller, place, staff_id(staff))
    code = give_new_code(visit.desk, visit.caller, view)
    return _place_page(visit, place, code_notice(view.post.display_name, code))


@post(f"{OF_ONE}/unlock", sync_to_thread=True, status_code=200)
def take_unlock(place: FromPath[str], staff: FromPath[str], visit: GivenVisit) -> Redirect:
    """Let a locked account try again."""
    view = post_of(visit.desk, visit.caller, place, staff_id(staff))
    unlock_post(visit.desk, visit.caller, view)
    return Redirect(f"{PAGE}/{place}?unlocked=1", status_code=SEE_OTHER)


def _place_page(visit: Visit, code: str, notice: Notice | None) -> Response[str]:
    found = posts_at(visit.desk, visit.caller, code)
    name = next((one.place.name for one in places(visit.desk) if one.place.code == code), code)
    lines = tuple(post_line(one) for one in sorted(found, key=_ended_last))
    address = f"{PAGE}/{code}"
    return visit.page("posts.html", notice=notice, name=name, lines=lines, base=address)


def _ended_last(view: PostView) -> tuple[bool, str]:
    return not view.post.is_open, view.post.display_name


def _ask_new(visit: Visit, ids: Ids) -> Asked:
    gate.allow(visit.desk, visit.caller, "appoint")
    known = tuple(
        Choice(view.post.staff.hex(), f"{view.post.display_name} ({view.node.place.name})")
        for one in places(visit.desk)
        for view in posts_at(visit.desk, visit.caller, one.place.code)
        if one.place.code != ids["place"] or not view.post.is_open
    )
    elsewhere = Field(
        name="staff",
        label="Works somewhere already, or was here before",
        kind="select",
        choices=tuple({one.value: one for one in known}.values()),
        is_required=False,
        hint="Then choose who it is, so that they stay one and the same to the audit.",
    )
    form = Form(
        title="Appoint somebody",
        lead=("For their first password they need a one-time code, which you give afterwards.",),
        check_title="Check before you appoint them",
        save="Appoint",
        fields=(NAME, USER_NAME, ROLE, TEAM, *((elsewhere,) if known else ())),
    )
    return Asked(form=form, back=f"{PAGE}/{ids['place']}")


def _save_new(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    values = filled.values
    named = values.get("staff", "")
    given = Appointment(
        code=ids["place"],
        user_name=values["user_name"],
        display_name=values["display_name"],
        role=_role(values["role"]),
        team=values.get("team", ""),
        staff=ActorId(bytes.fromhex(named)) if named else None,
    )
    done = appoint(visit.desk, visit.caller, given)
    title = f"{given.display_name} is appointed: give them a one-time code"
    return Receipt(title, done.saved.number, f"{PAGE}/{ids['place']}")


def _ask_change(visit: Visit, ids: Ids) -> Asked:
    view = _view(visit, ids)
    values = {
        "display_name": view.post.display_name,
        "role": view.post.role or "",
        "team": view.post.team,
    }
    form = Form(
        title=f"Change what {view.post.display_name} is at {view.node.place.name}",
        check_title="Check before you change it",
        save="Change",
        fields=(NAME, ROLE, TEAM),
    )
    return Asked(form=form, back=f"{PAGE}/{ids['place']}", values=values, seen=view.seen)


def _save_change(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    view = _view(visit, ids, filled.seen)
    saved = change_post(
        visit.desk,
        visit.caller,
        view,
        role=_role(filled.values["role"]),
        team=filled.values.get("team", ""),
        display_name=filled.values["display_name"],
    )
    return Receipt("Changed", saved.number, f"{PAGE}/{ids['place']}")


def _ask_end(visit: Visit, ids: Ids) -> Asked:
    view = _view(visit, ids)
    form = Form(
        title=f"End the post of {view.post.display_name} at {view.node.place.name}",
        lead=(
            "From the office's next contact on they are signed out and can't sign in.",
            "What they did there in between is listed for the auditor.",
        ),
        check_title="Check before you end it",
        save="End the post",
        fields=(LAST_DAY,),
    )
    today = visit.today.isoformat()
    back = f"{PAGE}/{ids['place']}"
    return Asked(form=form, back=back, values={"last_day": today}, seen=view.seen)


def _save_end(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    view = _view(visit, ids, filled.seen)
    saved = end_post(visit.desk, visit.caller, view, last_day=filled.values["last_day"])
    return Receipt("Ended", saved.number, f"{PAGE}/{ids['place']}")


def _ask_online(visit: Visit, ids: Ids) -> Asked:
    view = _view(visit, ids)
    known, ways = view.post.online, visit.house.entrance.online
    issuer = known.issuer if known is not None else ways.provider.issuer if ways is not None else ""
    form = Form(
        title=f"Online sign-in of {view.post.display_name} at {view.node.place.name}",
        lead=(
            (
                "The office lets in whoever the organisation's sign-in service calls by this "
                "name. They are told it when they try to sign in there."
            ),
        ),
        check_title="Check before you save it",
        save="Save",
        fields=(ISSUER, SUBJECT),
    )
    values = {"issuer": issuer, "subject": known.subject if known is not None else ""}
    return Asked(form=form, back=f"{PAGE}/{ids['place']}", values=values, seen=view.seen)


def _save_online(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    view = _view(visit, ids, filled.seen)
    subject = filled.values.get("subject", "").strip()
    name = OnlineName(filled.values["issuer"].strip(), subject) if subject else None
    saved = bind_online(visit.desk, visit.caller, view, name)
    return Receipt("Saved", saved.number, f"{PAGE}/{ids['place']}")


def _view(visit: Visit, ids: Ids, seen: str = "") -> PostView:
    """The post of an address; with `seen`, as its author had been shown it."""
    view = post_of(visit.desk, visit.caller, ids["place"], staff_id(ids["staff"]))
    return PostView(view.node, view.post, SeenToken(seen)) if seen else view


def _role(text: str) -> Role:
    return next(one for one in ROLES if one == text)
