"""Alerts: raise one, close one."""

from collections.abc import Mapping

from litestar.handlers import HTTPRouteHandler

from casework.desk.alerts import (
    AlertClose,
    AlertView,
    NewAlert,
    close_alert,
    raise_alert,
    read_alerts,
)
from casework.reference import in_use
from casework.web.drafts import Receipt
from casework.web.flow import Asked, Filled, Ids, Work, form_routes, receipt_of
from casework.web.forms import Field, Form
from casework.web.pages.asking import choices_of, page_of, person_of
from casework.web.visit import Visit, record_id
from casework.web.words import iso_day
from sync_protocol.causality import SeenToken
from sync_protocol.errors import NotFound


def routes() -> list[HTTPRouteHandler]:
    """The forms of alerts."""
    return [
        *form_routes(
            "/people/{person:str}/alerts/new", Work(ask=_ask_new, save=save_new, check=_check_new)
        ),
        *form_routes(
            "/people/{person:str}/alerts/{record:str}/close",
            Work(ask=_ask_close, save=_save_close),
        ),
    ]


def new_form() -> Form:
    """What is asked to raise an alert."""
    return Form(
        title="Raise an alert",
        check_title="Check the alert",
        save="Raise alert",
        fields=(
            Field(
                name="code",
                label="Alert",
                kind="select",
                choices=choices_of(in_use.alert_codes(), in_use.alert_types()),
                when_missing="Choose the alert",
            ),
            Field(
                name="description",
                label="Why",
                kind="long_text",
                hint="What happened, and what staff should do or not do.",
                when_missing="Write why this alert is needed",
            ),
            Field(name="from", label="From", kind="date", when_missing="Enter the first day"),
            Field(
                name="to", label="To", kind="date", is_required=False, hint="Leave empty if open"
            ),
            Field(name="authorised", label="Authorised by", is_required=False),
        ),
    )


def _ask_new(visit: Visit, ids: Ids) -> Asked:
    values = {"from": visit.today.isoformat()}
    return Asked(form=new_form(), back=page_of(ids), bar=visit.bar(person_of(ids)), values=values)


def _check_new(visit: Visit, ids: Ids, values: Mapping[str, str]) -> Mapping[str, str]:
    faults = day_faults(values)
    for alert in read_alerts(visit.desk, visit.caller, person_of(ids)):
        if alert.is_active and alert.code == values["code"]:
            faults["code"] = (
                f"“{alert.code_name}” is already in force. Close that one first, or choose another"
            )
    return faults


def day_faults(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the days of an alert."""
    if not values["to"] or values["to"] > values["from"]:
        return {}
    return {"to": f"To must be after {iso_day(values['from'])}: the alert ends on that day"}


def save_new(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    """Raise an alert, and go to the person's page."""
    values = filled.values
    new = NewAlert(
        code=values["code"],
        description=values["description"],
        active_from=values["from"],
        active_to=values["to"] or None,
        authorised_by=values["authorised"] or None,
    )
    saved = raise_alert(visit.desk, visit.caller, person_of(ids), new)
    return receipt_of(saved, "Alert raised", page_of(ids))


def _ask_close(visit: Visit, ids: Ids) -> Asked:
    alert = _alert(visit, ids)
    form = Form(
        title=f"Close the alert “{alert.code_name}”",
        lead=(
            *alert.descriptions,
            "If somebody elsewhere has added to it without your seeing that, it stays open.",
        ),
        check_title="Check before you close it",
        save="Close alert",
        fields=(
            Field(
                name="reason",
                label="Why it is no longer needed",
                kind="long_text",
                when_missing="Write why it is no longer needed",
            ),
        ),
    )
    bar = visit.bar(person_of(ids))
    return Asked(form=form, back=page_of(ids), bar=bar, seen=alert.seen)


def _save_close(visit: Visit, ids: Ids, filled: Filled) -> Receipt:
    close = AlertClose(reason=filled.values["reason"], seen=SeenToken(filled.seen))
    record = record_id(ids["record"])
    saved = close_alert(visit.desk, visit.caller, person_of(ids), record, close)
    return receipt_of(saved, "Alert closed", page_of(ids))


def _alert(visit: Visit, ids: Ids) -> AlertView:
    wanted = record_id(ids["record"])
    for alert in read_alerts(visit.desk, visit.caller, person_of(ids)):
        if alert.record == wanted:
            return alert
    raise NotFound(f"alert {wanted.hex()}")
