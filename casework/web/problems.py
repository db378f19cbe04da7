"""Errors as answers: each family and code has its status, as RFC 9457 problem JSON or as a page.

This is the one place where an error becomes an answer. No message names a person; what an error
carries for the reader (what changed, who may be meant) travels beside the message.
"""

import re
import traceback
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from casework.access.accounts import LockedOut
from casework.desk.alerts import AlreadyActive
from casework.desk.gate import OutsideCaseload, Restricted
from casework.desk.people import PossibleDuplicate
from casework.desk.writing import StaleRecord
from casework.web.encoding import encode_json
from casework.web.headers import put_headers
from casework.web.limits import WrongHost, check_host
from sync_protocol.errors import Corrupt, PeerFault, Refused, ThroughcareError, Unavailable

PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
PLACES_MAX: Final = 12

MISSING_PARAMETER: Final = re.compile(r"Missing required \w+ parameter '([\w-]+)'")
"""How the framework tells of a parameter that was not sent; then it goes on with the address."""

STATUS_BY_CODE: Final[Mapping[str, int]] = {
    "account_closed": 403,
    "account_locked": 403,
    "already_active": 409,
    "bad_seen_token": 422,
    "code_refused": 403,
    "no_reason": 422,
    "not_let_in": 403,
    "nobody_waits": 404,
    "other_words": 422,
    "place_taken": 409,
    "same_approver": 403,
    "too_many_guesses": 429,
    "not_yours_to_review": 403,
    "open_already": 409,
    "outside_caseload": 403,
    "too_many_open": 429,
    "conflict_over": 404,
    "foreign_request": 403,
    "form_token": 403,
    "has_left": 410,
    "held_back_changed": 409,
    "invalid_value": 422,
    "key_twice": 400,
    "key_used_before": 422,
    "locked_out": 429,
    "name_taken": 409,
    "nested_too_deeply": 400,
    "not_allowed": 403,
    "not_found": 404,
    "not_here_yet": 404,
    "nothing_held_back": 409,
    "only_at_centre": 404,
    "not_your_note": 403,
    "not_yet_happened": 422,
    "not_offered": 404,
    "note_withdrawn": 409,
    "no_post": 403,
    "op_too_large": 422,
    "passkey_copied": 403,
    "passkey_refused": 422,
    "possible_duplicate": 409,
    "own_audit": 403,
    "post_over": 409,
    "reading_locked": 423,
    "restricted": 403,
    "screen_locked": 401,
    "second_person_needed": 403,
    "seen_missing": 428,
    "sign_in_declined": 403,
    "sign_in_gone": 403,
    "sign_in_needed": 401,
    "stale": 409,
    "still_waits": 425,
    "still_recovering": 409,
    "too_large": 413,
    "unknown_code": 422,
    "unknown_kind": 404,
    "unknown_node": 403,
    "unknown_subject": 403,
    "bad_signature": 403,
    "use_its_own_door": 422,
    "weak_password": 422,
    "wrong_code": 401,
    "wrong_host": 421,
    "wrong_passkey": 403,
    "wrong_proof": 403,
    "wrong_sign_in": 401,
}
STATUS_BY_FAMILY: Final[tuple[tuple[type[ThroughcareError], int], ...]] = (
    (Refused, 400),
    (PeerFault, 400),
    (Unavailable, 503),
    (Corrupt, 500),
)
HTTP_CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "Compare the request with /api/v1/openapi.json."),
    404: ("not_found", "Check the address."),
    405: ("wrong_method", "Compare the method with /api/v1/openapi.json."),
    413: ("too_large", "Send less at once."),
    415: ("wrong_media_type", "Send application/json."),
    422: ("invalid_value", "Correct the fields named and send again."),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem as RFC 9457 has it, with the code, the hint, and what the code carries."""

    type: str
    title: str
    status: int
    code: str
    hint: str
    detail: str = ""
    extra: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}


AnyRequest = Request[Any, Any, Any]
PageOfProblem = Callable[[AnyRequest, Exception, Problem], Response[Any]]


def problem_of(fault: Exception) -> Problem:
    """The problem for any error; one that we did not foresee tells nothing of itself."""
    if isinstance(fault, ThroughcareError):
        return _problem_of_ours(fault)
    if isinstance(fault, HTTPException):
        return _problem_of_http(fault)
    return Problem(
        type=_type_of("unforeseen"),
        title="Something went wrong at this node.",
        status=500,
        code="unforeseen",
        hint="What was acknowledged is kept. Tell the node's technician the time of this answer.",
    )


def problem_response(problem: Problem) -> Response[bytes]:
    """The problem as JSON."""
    told = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "hint": problem.hint,
        **problem.extra,
    }
    return Response(
        encode_json(told),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=dict(problem.headers),
    )


def exception_handlers(
    page: PageOfProblem | None = None,
    put: Callable[[Response[Any]], Response[Any]] = put_headers,
    hosts: AbstractSet[str] | None = None,
) -> ExceptionHandlersMap:
    """How an app answers errors: as a page for a browser that asks for one, else as JSON.

    What the framework refuses before our own gates are asked is under the gate of `hosts` too, and
    whoever names another host is told nothing of this place.
    """

    def answer(request: AnyRequest, fault: Exception) -> Response[Any]:
        fault = fault if hosts is None else _wrong_host(request, hosts) or fault
        problem = problem_of(fault)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _note(request, fault, problem)
        if page is not None and not isinstance(fault, WrongHost) and wants_page(request):
            return put(page(request, fault, problem))
        return put(problem_response(problem))

    return {ThroughcareError: answer, HTTPException: answer, Exception: answer}


def _wrong_host(request: AnyRequest, hosts: AbstractSet[str]) -> WrongHost | None:
    try:
        check_host(request, hosts)
    except WrongHost as fault:
        return fault
    return None


def wants_page(request: AnyRequest) -> bool:
    """Whether whoever asks is a browser at a page, and no caller of the API."""
    is_api = request.url.path.startswith(("/api/", "/sync/"))
    return not is_api and "text/html" in request.headers.get("accept", "")


def status_of(fault: ThroughcareError) -> int:
    """The status of an error of ours: by its code, else by its family."""
    known = STATUS_BY_CODE.get(fault.code)
    if known is not None:
        return known
    return next(status for family, status in STATUS_BY_FAMILY if isinstance(fault, family))


def _problem_of_ours(fault: ThroughcareError) -> Problem:
    status = status_of(fault)
    headers: dict[str, str] = {}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER_S)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if isinstance(fault, LockedOut) and fault.wait_ms:
        headers["retry-after"] = str((fault.wait_ms + 999) // 1000)
    return Problem(
        type=_type_of(fault.code),
        title=(type(fault).__doc__ or "").strip().splitlines()[0],
        status=status,
        code=fault.code,
        hint=fault.hint,
        detail=_detail_of(fault),
        extra=_extra_of(fault),
        headers=headers,
    )


def _detail_of(fault: ThroughcareError) -> str:
    """What tells this case from others; of a restriction, what it says to whoever it refuses."""
    told = " ".join(fault.messages) if isinstance(fault, Restricted) else ""
    return told or fault.detail


def _extra_of(fault: ThroughcareError) -> Mapping[str, Any]:
    """What the reader needs to go on."""
    if isinstance(fault, StaleRecord):
        return {"changes": fault.changes, "seen": fault.seen}
    if isinstance(fault, OutsideCaseload):
        return {"open_at": f"/api/v1/people/{fault.person.hex()}/break-glass"}
    if isinstance(fault, AlreadyActive):
        return {"record": fault.record}
    if isinstance(fault, PossibleDuplicate):
        return {"candidates": fault.candidates}
    return {}


def _problem_of_http(fault: HTTPException) -> Problem:
    """What the framework refused: a body that does not fit is 422, as our own checks have it."""
    status = 422 if isinstance(fault, ValidationException) else fault.status_code
    code, hint = HTTP_CODES.get(status, HTTP_CODES[400] if status < 500 else ("unforeseen", ""))
    faults = [_fault_words(one) for one in fault.extra] if isinstance(fault.extra, list) else []
    missing = MISSING_PARAMETER.match(fault.detail)
    if missing is not None:
        faults.append({"field": missing[1], "fault": "is required"})
    return Problem(
        type=_type_of(code),
        title=HTTPStatus(status).phrase + ".",
        status=status,
        code=code,
        hint=hint,
        extra={"faults": faults} if faults else {},
    )


def _fault_words(one: Any) -> Any:
    return {"field": one.get("key", ""), "fault": one.get("message", "")} if one else {}


def _type_of(code: str) -> str:
    return f"urn:throughcare:problem:{code}"


def _note(request: AnyRequest, fault: Exception, problem: Problem) -> None:
    """One log line: the route and the code, never what was sent."""
    structlog.get_logger().error(
        "answered with a problem",
        code=problem.code,
        method=request.method,
        route=str(getattr(request.scope.get("route_handler"), "name", "") or ""),
        error=type(fault).__name__,
        at=None if isinstance(fault, ThroughcareError) else _places_of(fault),
    )


def _places_of(fault: Exception) -> str:
    """Where it went wrong, innermost last: names of functions and lines.

    A traceback as it is usually printed holds the values of every variable and the message of the
    error: a password, a note, a name.
    """
    frames = traceback.extract_tb(fault.__traceback__)[-PLACES_MAX:]
    return " > ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)
