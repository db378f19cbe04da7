"""The part of a form that one field of a kind is: how its policy lets it be given and changed.

A fixed field is given once; a gathered one is added to; an open-close one is opened or closed; of
a state machine the legal next states are offered; of a legal document a draft or an approval; all
others are replaced. What stands is never typed over by an answer that was left as it was shown.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from casework.desk.value_words import choice_words, label_of, sentence_case
from casework.records.declared import told_of
from casework.records.shapes import Shape, field_shape
from casework.web.forms import Choice, Field
from casework.web.made.answers import Answers, Filling, faults_in, is_answered, read, spell
from casework.web.made.questions import Known, Spot, questions
from sync_protocol.policy import (
    CLOSED,
    OPEN,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    OpenClose,
    WholeVersion,
)
from sync_protocol.schema import FieldSpec

APPROVED: Final = "approved"
CONTENT: Final = "content"
VERSION_CHOICES: Final = (
    Choice("draft", "Keep it as a draft", "What is approved now stays in force beside it."),
    Choice(APPROVED, "Approve it", "It takes the place of what is approved now."),
)
CLOSE_HINT: Final = (
    "Closed, it no longer counts as in force. What somebody elsewhere wrote unseen keeps it open."
)


class Part(msgspec.Struct, frozen=True):
    """One field in a form; `shows` is what stands now, None of a new record.

    `entry` is the one gathered entry that is put right here, where one is; `draft` a version that
    was drafted after what is approved, with which the form goes on.
    """

    kind: str
    spec: FieldSpec
    is_new: bool
    shows: Any = None
    entry: Any = None
    draft: Any = None

    @property
    def name(self) -> str:
        """The field's name, and how the paths of its answers begin."""
        return self.spec.name

    @property
    def shape(self) -> Shape:
        """The shape of what is asked: of a document its content."""
        shape = field_shape(self.spec)
        content = shape.member(CONTENT)
        is_version = isinstance(self.spec.rule.policy, WholeVersion)
        return content.shape if is_version and content is not None else shape

    @property
    def label(self) -> str:
        """What its questions are called."""
        return label_of(self.kind, self.spec)

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to answer."""
        policy = self.spec.rule.policy
        if isinstance(policy, Fixed):
            return self.is_new or self.shows is None
        if isinstance(policy, OpenClose):
            return not self.is_new
        return not isinstance(policy, ForwardMost) or bool(next_states(policy, self._state))

    @property
    def is_wide(self) -> bool:
        """Whether it takes sections of its own: those come after what is answered in one."""
        is_told_after = isinstance(self.spec.rule.policy, OpenClose | WholeVersion)
        return is_told_after or self.shape.sort in {"struct", "many"}

    @property
    def is_lowerable(self) -> bool:
        """Whether it stands at a level that only a person may lower."""
        return isinstance(self.spec.rule.policy, Highest) and self.shows is not None

    @property
    def opens(self) -> Any:
        """The value with which its questions open; None where they open empty."""
        policy = self.spec.rule.policy
        if isinstance(policy, Gather):
            return self.entry
        if isinstance(policy, OpenClose | ForwardMost):
            return None
        if isinstance(policy, WholeVersion):
            version = self.shows if self.draft is None else self.draft
            return version.get(CONTENT) if isinstance(version, Mapping) else None
        return self.shows

    @property
    def is_required(self) -> bool:
        """Whether it must be answered: a gathered one need not be added to."""
        if self.entry is not None:
            return True
        is_gathered = isinstance(self.spec.rule.policy, Gather)
        return self.spec.is_required and (self.is_new or not is_gathered)

    @property
    def _state(self) -> str | None:
        return str(self.shows) if self.shows is not None else None


def part_fields(part: Part, known: Known) -> tuple[Field, ...]:
    """The questions of a part."""
    policy = part.spec.rule.policy
    told = told_of(part.spec)
    if isinstance(policy, OpenClose):
        return (_open_close(part),)
    if isinstance(policy, ForwardMost):
        return _states(part, policy, known)
    label = f"Add: {part.label.lower()}" if _adds(part) else part.label
    spot = Spot(path=part.name, label=label, is_required=part.is_required, hint=told.hint)
    found = questions(part.shape, spot, known)
    return (*found, _version(part)) if isinstance(policy, WholeVersion) else found


def part_shown(part: Part) -> dict[str, str]:
    """The answers with which a part's questions open."""
    policy = part.spec.rule.policy
    if isinstance(policy, OpenClose):
        return {part.name: str(part.shows or OPEN)}
    if isinstance(policy, ForwardMost):
        return {}
    opened = spell(part.shape, part.name, part.opens)
    is_version = isinstance(policy, WholeVersion)
    return {**opened, f"{part.name}.{APPROVED}": "draft"} if is_version else opened


def is_changed(part: Part, answers: Answers) -> bool:
    """Whether anything of a part differs from what it was opened with."""
    before = part_shown(part)
    names = {*before, *answers}
    own = (
        name
        for name in names
        if (name == part.name or name.startswith(f"{part.name}.")) and not name.endswith(".rows")
    )
    return any(answers.get(name, "") != before.get(name, "") for name in own)


def part_value(part: Part, answers: Answers, filling: Filling) -> Any:
    """What a part's answers say; None where nothing was answered."""
    policy = part.spec.rule.policy
    if isinstance(policy, OpenClose):
        return answers.get(part.name) or None
    if isinstance(policy, ForwardMost):
        return _transition(part, policy, answers, filling)
    value = read(part.shape, part.name, answers, filling)
    if isinstance(policy, WholeVersion) and value is not None:
        is_approved = answers.get(f"{part.name}.{APPROVED}") == APPROVED
        return {"approved": is_approved, CONTENT: value}
    return value


def part_faults(part: Part, answers: Answers, filling: Filling) -> dict[str, str]:
    """What is wrong with a part's answers."""
    policy = part.spec.rule.policy
    if isinstance(policy, OpenClose | ForwardMost):
        return {}
    spot = Spot(path=part.name, label=part.label, is_required=part.is_required)
    faults = faults_in(part.shape, spot, answers, filling)
    is_emptied = part.shows is not None and not is_answered(part.shape, part.name, answers)
    if not faults and is_emptied and not _may_be_empty(part):
        first = part_fields(part, NOBODY)[0].name
        return {first: f"{part.label} is set and can't be emptied: write what it is now"}
    return faults


def is_lowered(part: Part, value: Any) -> bool:
    """Whether a value is below what is shown, of a field that only a person may lower."""
    policy = part.spec.rule.policy
    if not isinstance(policy, Highest) or part.shows is None:
        return False
    return policy.scale.rank(value) < policy.scale.rank(part.shows)


def next_states(policy: ForwardMost, state: str | None) -> tuple[str, ...]:
    """The states to which a record in this state may go, in order of progress."""
    legal = {after for before, after in policy.pairs if before == state}
    return tuple(one for one in policy.states if one in legal)


NOBODY: Final = Known(staff=(), records=lambda _: ())


def _adds(part: Part) -> bool:
    is_gathered = isinstance(part.spec.rule.policy, Gather)
    return is_gathered and not part.is_new and part.entry is None


def _may_be_empty(part: Part) -> bool:
    if isinstance(part.spec.rule.policy, Gather):
        return True
    return part.shape.may_be_none or part.shape.sort in {"tick", "many"}


def _open_close(part: Part) -> Field:
    told = told_of(part.spec)
    return Field(
        name=part.name,
        label=part.label,
        kind="radios",
        choices=(Choice(OPEN, "Open"), Choice(CLOSED, "Closed")),
        hint=told.hint or CLOSE_HINT,
        section="Open or closed",
    )


def _version(part: Part) -> Field:
    return Field(
        name=f"{part.name}.{APPROVED}",
        label="Is this approved?",
        kind="radios",
        choices=VERSION_CHOICES,
        section="Draft or approved",
        when_missing="Choose whether it is a draft or approved",
    )


def _states(part: Part, policy: ForwardMost, known: Known) -> tuple[Field, ...]:
    shape = field_shape(part.spec)
    target = shape.member("to")
    now = part.shows
    words = target.shape if target is not None else Shape(sort="choice")
    choices = tuple(
        Choice(state, sentence_case(choice_words(words, state)))
        for state in next_states(policy, str(now) if now is not None else None)
    )
    stays = f"Leave it as it is: {choice_words(words, str(now))}" if now is not None else ""
    state = Field(
        name=f"{part.name}.to",
        label=part.label,
        kind="select",
        choices=choices,
        hint=told_of(part.spec).hint,
        is_required=part.is_new and part.spec.is_required,
        says_optional=False,
        empty=stays or "Choose one",
        when_missing=f"Choose {part.label.lower()}",
        section=part.label if len(shape.members) > 2 else "",
    )
    return (state, *_of_transition(part, shape, known))


def _of_transition(part: Part, shape: Shape, known: Known) -> tuple[Field, ...]:
    """What a step says beside where it leads: a reason, for example."""
    rest = _beside_states(shape)
    spot = Spot(path=part.name, label=part.label, is_required=False)
    return questions(rest, spot, known) if rest.members else ()


def _transition(
    part: Part, policy: ForwardMost, answers: Answers, filling: Filling
) -> dict[str, Any] | None:
    target = answers.get(f"{part.name}.to")
    if not target or target not in policy.states:
        return None
    shape = field_shape(part.spec)
    rest = read(_beside_states(shape), part.name, answers, filling) or {}
    return {**rest, "from": part.shows, "to": target}


def _beside_states(shape: Shape) -> Shape:
    rest = tuple(one for one in shape.members if one.name not in {"from", "to"})
    return msgspec.structs.replace(shape, members=rest)
