"""Drafts of whole versions: a draft stands beside the approved version and never takes its place.

A licence, a sentence or a calculation stays as approved until another version is approved, however
many have been drafted since. So what else changes with a draft is an op of its own.
"""

from collections.abc import Mapping

import msgspec

from sync_protocol.author import Draft
from sync_protocol.policy import WholeVersion
from sync_protocol.schema import Kind


def beside_the_approved(kind: Kind, draft: Draft) -> tuple[Draft, ...]:
    """The change as it is to be written: drafted versions replace nothing, all else what was seen.

    `draft` itself where it drafts no version.
    """
    drafted = {name for name, value in draft.values.items() if _is_draft(kind, name, value)}
    if not drafted:
        return (draft,)
    versions = {name: value for name, value in draft.values.items() if name in drafted}
    rest = {name: value for name, value in draft.values.items() if name not in drafted}
    change = msgspec.structs.replace
    beside = change(draft, values=versions, seen=frozenset(), refs=(), on_purpose=True)
    return (beside, change(draft, values=rest)) if rest else (beside,)


def _is_draft(kind: Kind, field: str, value: object) -> bool:
    is_version = isinstance(kind.fields[field].rule.policy, WholeVersion)
    return is_version and isinstance(value, Mapping) and value.get("approved") is not True
