"""Records of any kind in words: rows, the card of a kind, and the groups on a person's page."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from casework.access.actions import NotAllowed
from casework.access.caller import PlaceKind
from casework.desk.groups import Group, groups_of_kinds
from casework.desk.records import RecordView
from casework.desk.value_words import field_lines, label_of, sentence_case
from casework.desk.whole import Latest
from casework.desk.words import kind_name
from casework.records.files import is_kept_at
from casework.records.shapes import field_shape
from casework.web.own_pages import NOT_BY_HAND, ONLY_SHOWN, OWN_PAGES
from casework.web.shown.cards import Sight
from casework.web.shown.named import NameOf, links_to_named, with_names
from casework.web.shown.people import said_by
from casework.web.shown.timeline import NOT_AT_CENTRE
from casework.web.views import Card, Link, Mark, RecordGroup, Row
from casework.web.words import counted, listed
from sync_protocol.policy import OPEN, Fixed, OpenClose
from sync_protocol.schema import FieldSpec, Kind, Registry

SHOWN_MAX: Final = 3
"""Of a kind with more records than this, the later ones are shown at once, the rest on asking."""
LATER_SHOWN_MAX: Final = 50
SIDES: Final = {"prison": "a prison", "probation": "a probation office", "centre": "the centre"}


def kind_title(kind: str) -> str:
    """The kind as a heading."""
    return sentence_case(kind_name(kind))


def kind_meaning(kind: Kind) -> str:
    """What a kind is, in a sentence, without the marks of its documentation."""
    return kind.meaning.partition("\n")[0].replace("`", "")


def writable(kind: Kind, place: PlaceKind) -> tuple[FieldSpec, ...]:
    """The fields of a kind that staff of such a place write, where it may hold them."""
    if not is_kept_at(kind.file, place):
        return ()
    return tuple(spec for spec in kind.fields.values() if place in spec.rule.writers)


def may_add(kind: Kind, place: PlaceKind) -> bool:
    """Whether such a place can write all that a new record needs."""
    needed = [spec for spec in kind.fields.values() if spec.is_required]
    is_writer = bool(writable(kind, place))
    return is_writer and all(place in spec.rule.writers for spec in needed)


def may_change(kind: Kind, place: PlaceKind) -> bool:
    """Whether such a place can write anything of a record that is there."""
    return any(not isinstance(spec.rule.policy, Fixed) for spec in writable(kind, place))


def why_not(kind: Kind) -> str:
    """Who writes records of a kind, for those who do not."""
    sides = {side for spec in kind.fields.values() for side in spec.rule.writers}
    writers = {side for side in sides if is_kept_at(kind.file, side)}
    named = [SIDES.get(one, one.replace("_", " ")) for one in sorted(writers)]
    return f"{kind_title(kind.name)}: written by staff of {listed(named)}."


def record_title(kind: Kind, record: RecordView) -> str:
    """What tells one record of a kind from another: the first thing that it says."""
    for spec in kind.fields.values():
        lines = field_lines(spec, record.values.get(spec.name))
        if lines and not isinstance(spec.rule.policy, OpenClose):
            is_when = field_shape(spec).sort in {"day", "moment"}
            said = f"{kind_title(kind.name)}, {lines[0]}" if is_when else lines[0]
            return said if len(said) <= TITLE_CHARACTERS_MAX else kind_title(kind.name)
    return kind_title(kind.name)


TITLE_CHARACTERS_MAX: Final = 90


def record_row(
    kind: Kind, told: RecordView, now_ms: int, links: tuple[Link, ...], name_of: NameOf
) -> Row:
    """One record: every field that says something, what is contested, and who wrote it.

    Whomever it names is said by name and number, with a link.
    """
    record = with_names(kind, told, name_of)
    unread = listed([name.replace("_", " ") for name in record.unread])
    return Row(
        title=record_title(kind, record),
        lines=(
            *(line for spec in kind.fields.values() for line in _lines(spec, kind, record)),
            *((f"Written by a later release and not read here: {unread}",) if unread else ()),
            f"Last written by {said_by(record.last, now_ms)}",
        ),
        marks=(
            *_state(kind, record),
            *(Mark(f"Contested: {_label(kind, name)}", "warn") for name in record.asks),
            *(() if record.is_at_centre else (NOT_AT_CENTRE,)),
        ),
        links=(*links, *links_to_named(kind, told, name_of)),
    )


class Setting(msgspec.Struct, frozen=True):
    """Whose records are shown, at what sort of place, and how far it sees."""

    registry: Registry
    person: str
    place: PlaceKind
    sight: Sight
    name_of: NameOf


def kind_card(setting: Setting, kind: Kind, latest: Latest) -> Card:
    """The card of a kind; of one with many records a person, all of them wait to be asked for."""
    person, place, sight = setting.person, setting.place, setting.sight
    at = f"/people/{person}/records/{kind.name}"
    rows = tuple(
        record_row(kind, one, sight.now_ms, change_links(kind, one, person, place), setting.name_of)
        for one in latest.views[:LATER_SHOWN_MAX]
    )
    shown = 0 if kind.is_later else SHOWN_MAX
    more = rows[shown:]
    is_cut = latest.count > LATER_SHOWN_MAX
    title = kind_title(kind.name)
    return Card(
        name=kind.name,
        title=f"{title}: {counted(latest.count, 'record')}" if kind.is_later else title,
        known="held",
        rows=rows[:shown],
        closed=more,
        closed_title=f"The latest {len(more)}" if kind.is_later else f"{len(more)} more",
        action=None if kind.is_singleton else add_link(kind, person, place),
        all_of_it=Link(f"Show all {latest.count} on a page of their own", at) if is_cut else None,
        as_of=sight.as_of,
    )


def record_groups(
    setting: Setting, latest: Mapping[str, Latest], readable: Iterable[str]
) -> tuple[RecordGroup, ...]:
    """Every kind that the caller may read, in its group."""
    kinds = [name for name in readable if name not in NOT_BY_HAND]
    return tuple(_group(setting, group, latest) for group in groups_of_kinds(kinds))


def _group(setting: Setting, group: Group, latest: Mapping[str, Latest]) -> RecordGroup:
    kinds, person = setting.registry.kinds, setting.person
    made = [name for name in group.kinds if name not in OWN_PAGES]
    empty = [name for name in made if name not in latest]
    found = [add_link(kinds[name], person, setting.place) for name in empty]
    none = "Nothing is recorded" if setting.sight.is_whole else "Nothing has reached this office"
    return RecordGroup(
        name=f"records-{group.name}",
        title=group.title,
        count=sum(latest[name].count for name in group.kinds if name in latest),
        cards=tuple(
            kind_card(setting, kinds[name], latest[name]) for name in made if name in latest
        ),
        above=tuple(
            Link(kind_title(name), f"#{OWN_PAGES[name].shown}")
            for name in group.kinds
            if name in OWN_PAGES
        ),
        empty=f"{none} of: {listed([kind_name(name).lower() for name in empty])}." if empty else "",
        adds=tuple(link for link in found if link is not None),
    )


def change_links(kind: Kind, record: RecordView, person: str, place: PlaceKind) -> tuple[Link, ...]:
    """Where a record is changed, for those who may."""
    if not may_change(kind, place) or kind.name in ONLY_SHOWN:
        return ()
    address = f"/people/{person}/records/{kind.name}/{record.record.hex()}/change"
    return (Link("Change", address, record_title(kind, record)),)


def add_link(kind: Kind, person: str, place: PlaceKind) -> Link | None:
    """Where a record of a kind is added, for those who may."""
    if kind.name in ONLY_SHOWN or not may_add(kind, place):
        return None
    own = OWN_PAGES.get(kind.name)
    address = own.added if own is not None else f"records/{kind.name}/new"
    words = f"Add {kind_name(kind.name).lower()}"
    return Link(words, f"/people/{person}/{address}") if address else None


def _lines(spec: FieldSpec, kind: Kind, record: RecordView) -> tuple[str, ...]:
    value = record.values.get(spec.name)
    lines = field_lines(spec, value)
    if not lines or (isinstance(spec.rule.policy, OpenClose) and spec.name == "status"):
        return ()
    label = label_of(kind.name, spec)
    return (f"{label}: {lines[0]}", *(f"• {line}" for line in lines[1:]))


def _state(kind: Kind, record: RecordView) -> tuple[Mark, ...]:
    field = kind.open_close_field
    if field != "status" or record.values.get(field) in {OPEN, None}:
        return ()
    return (Mark("Closed", "plain"),)


def _label(kind: Kind, name: str) -> str:
    spec = kind.fields.get(name)
    return (label_of(kind.name, spec) if spec is not None else name).lower()


def refuse_unless_writer(kind: Kind, place: PlaceKind, *, is_new: bool) -> None:
    """Raise NotAllowed for whoever would fill in a form that could not be saved."""
    may = may_add(kind, place) if is_new else may_change(kind, place)
    if not may:
        raise NotAllowed(why_not(kind))
