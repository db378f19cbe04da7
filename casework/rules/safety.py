"""What is wrong and what is due of a person's risk and safety, from all the rules of that part."""

from collections.abc import Mapping, Sequence

from casework.rules.adjudications import adjudication_findings
from casework.rules.assessments import assessment_findings
from casework.rules.due import Due, by_day
from casework.rules.incidents import incident_findings
from casework.rules.monitoring import monitoring_due, monitoring_findings
from casework.rules.oversight import oversight_due, oversight_findings
from casework.rules.plans import PlanProgress, plan_due, plan_findings, plan_progress
from casework.rules.registrations import registration_due, registration_findings
from casework.rules.rosh import rosh_findings
from casework.rules.rows import Finding, Row, by_gravity
from casework.rules.zones import zone_findings

RowsByKind = Mapping[str, Sequence[Row]]


def findings_of_safety(rows: RowsByKind, day: str, now_ms: int) -> tuple[Finding, ...]:
    """Everything about a person's safety that somebody must look at, the gravest first."""
    risk = next(iter(rows.get("risk", ())), None)
    return by_gravity(
        [
            *rosh_findings(risk),
            *registration_findings(rows.get("registration", ()), day),
            *assessment_findings(rows.get("assessment", ())),
            *monitoring_findings(rows.get("self_harm_monitoring", ()), now_ms),
            *plan_findings(_plans(rows)),
            *incident_findings(rows.get("incident", ())),
            *adjudication_findings(rows.get("adjudication", ())),
            *zone_findings(rows.get("exclusion_zone", ()), rows.get("keep_out_area", ()), day),
            *oversight_findings(rows.get("break_glass", ())),
        ]
    )


def due_of_safety(rows: RowsByKind, day: str, now_ms: int) -> tuple[Due, ...]:
    """Reviews, looks and goals that are due, the earliest first; what is past is overdue."""
    return by_day(
        [
            *registration_due(rows.get("registration", ()), day),
            *monitoring_due(rows.get("self_harm_monitoring", ()), now_ms),
            *plan_due(_plans(rows)),
            *oversight_due(rows.get("break_glass", ())),
        ]
    )


def _plans(rows: RowsByKind) -> tuple[PlanProgress, ...]:
    return plan_progress(
        rows.get("sentence_plan", ()), rows.get("plan_goal", ()), rows.get("plan_step", ())
    )
