"""Why an office holds somebody, set by hand where a test needs no centre to say so."""

from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.scope import words_of
from tests.desks import Office


def hold(office: Office, person: SubjectId, *reasons: str, node: NodeId | None = None) -> None:
    """As though the centre had said that the office, or `node`, holds a person for these reasons.

    No reason is what an older centre said.
    """
    words = words_of(frozenset(reasons))
    with office.store.changing() as transaction:
        transaction.execute(
            "INSERT OR REPLACE INTO grants(node, subject_no, number, reasons)"
            " SELECT ?, subject_no, subject_no, ? FROM subjects WHERE subject = ?",
            (node or office.desk.node.id, words, person),
        )
