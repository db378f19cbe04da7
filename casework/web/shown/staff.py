"""Who works here and elsewhere, in words: accounts, posts, and what was done after a post ended."""

from typing import Final

import msgspec

from casework.access.accounts import Account
from casework.access.caller import Role
from casework.access.posts import Posts
from casework.desk.posts import LateAct, PostView
from casework.web.views import Banner, Link, Mark, Row
from casework.web.words import age, iso_day, moment

ROLE_WORDS: Final[dict[Role, str]] = {
    "staff": "Staff of the place",
    "senior": "Senior: leads them",
    "provider": "Provider of interventions",
    "victim_liaison": "Victim liaison officer",
    "auditor": "Auditor",
    "administrator": "Administrator",
}


class StaffLine(msgspec.Struct, frozen=True):
    """An account or a post in a list, with what may be done with it from here."""

    row: Row
    staff: str
    may_unlock: bool = False
    may_give_code: bool = False


def account_line(one: Account, *, is_own: bool, may_unlock: bool, may_give: bool) -> StaffLine:
    """An account of this node."""
    marks = [Mark("Closed", "plain")] if not one.is_open else []
    marks += [Mark("Locked", "warn")] if one.is_locked else []
    marks += [Mark("Waiting for a first password", "calm")] if one.is_waiting else []
    where = "Appointed by the centre." if one.has_post else "Opened on this office's computer."
    row = Row(
        title=one.display_name,
        lines=(f"User name {one.user_name}. {ROLE_WORDS[one.role]}. {where}",),
        marks=tuple(marks),
    )
    is_other = one.is_open and not is_own
    return StaffLine(
        row,
        one.staff.hex(),
        may_unlock=may_unlock and is_other and one.is_locked,
        may_give_code=may_give and is_other,
    )


def post_line(view: PostView) -> StaffLine:
    """Somebody whom the centre has named for a place."""
    post, address = view.post, f"/posts/{view.node.place.code}/{view.post.staff.hex()}"
    role = ROLE_WORDS[post.role] if post.role else "A role that this release does not know"
    lines = [f"User name {post.user_name}. {role}."]
    if post.team:
        lines.append(f"Team {post.team}.")
    if post.began_on:
        lines.append(f"Since {iso_day(post.began_on)}.")
    if post.ended_on:
        said = "Last day" if post.is_open else "Ended on"
        lines.append(f"{said} {iso_day(post.ended_on)}.")
    change = (Link("Change", f"{address}/change", post.display_name),)
    if post.online is not None:
        lines.append("Signs in at the organisation's service too.")
    online = (Link("Online sign-in", f"{address}/online", post.display_name),)
    end = (Link("End", f"{address}/end", post.display_name),)
    row = Row(
        title=post.display_name,
        lines=(" ".join(lines),),
        marks=() if post.is_open else (Mark("Ended", "plain"),),
        links=(*change, *online, *end) if post.is_open else (),
    )
    return StaffLine(row, post.staff.hex(), may_unlock=post.is_open, may_give_code=post.is_open)


def late_row(one: LateAct, now_ms: int) -> Row:
    """Something done after its author's post had ended: by ids and codes alone."""
    whom = f" Record {one.subject.hex()[:8]}." if one.subject is not None else ""
    detail = f" {one.detail}." if one.detail else ""
    return Row(
        title=f"{one.display_name}: {one.act}",
        lines=(
            f"{moment(one.at_ms, now_ms)}, after the post ended {moment(one.ended_ms, now_ms)}.",
            f"{whom}{detail}".strip(),
        ),
    )


def old_posts_banner(posts: Posts | None) -> tuple[Banner, ...]:
    """What every page of an office says while what it knows of its staff may be out of date."""
    if posts is None or posts.heard is None or not posts.is_old():
        return ()
    silent = age(posts.heard.silent_ms())
    lines = (
        f"The centre has not been heard for {silent}.",
        "Somebody who signs in here may have been removed since, and somebody new may be missing.",
    )
    return (Banner("Who works here may be out of date", lines, "warn"),)
