"""docs/records.md says what the declarations say."""

import pytest

from casework.records import WHOLE_REGISTRY
from tests.house import source
from throughcare.records_page import PAGE, write_page

pytestmark = pytest.mark.docs


def test_the_page_of_records_is_in_step_with_the_declarations() -> None:
    committed = (source.ROOT / PAGE).read_text("utf-8")
    assert committed == write_page(WHOLE_REGISTRY), "Run: throughcare records-page"


def test_the_page_names_every_kind_field_and_reason() -> None:
    page = write_page(WHOLE_REGISTRY)
    for kind in WHOLE_REGISTRY.kinds.values():
        assert f"## {kind.name}\n" in page
        section = page.partition(f"## {kind.name}\n")[2].partition("\n## ")[0]
        for field, spec in kind.fields.items():
            assert f"| `{field}` | `{type(spec.rule.policy).__name__}`" in section
            assert not spec.rule.why or spec.rule.why in section
