"""The kinds of record: one file each, every field with its Rule; `REGISTRY` assembles them.

What a value means beyond its own field is computed in `casework.rules` and never stored.
"""

from typing import Final

from casework.records.action_plan import ActionPlan
from casework.records.address import Address
from casework.records.adjudication import Adjudication
from casework.records.alert import Alert
from casework.records.appointment import Appointment
from casework.records.assessment import Assessment
from casework.records.breach import Breach
from casework.records.break_glass import BreakGlass
from casework.records.case_note import CaseNote
from casework.records.cell import Cell
from casework.records.check_in import CheckIn
from casework.records.complexity import Complexity
from casework.records.consultation import Consultation
from casework.records.contact_detail import ContactDetail
from casework.records.court_appearance import CourtAppearance
from casework.records.document import Document
from casework.records.early_allocation import EarlyAllocation
from casework.records.end_of_service import EndOfService
from casework.records.enforcement import Enforcement
from casework.records.exclusion_zone import ExclusionZone
from casework.records.handover import Handover
from casework.records.identifier import Identifier
from casework.records.incident import Incident
from casework.records.intervention_session import InterventionSession
from casework.records.keep_out_area import KeepOutArea
from casework.records.key_dates import KeyDates
from casework.records.key_worker import KeyWorker
from casework.records.licence import Licence
from casework.records.movement import Movement
from casework.records.no_contact import NoContact
from casework.records.non_association import NonAssociation
from casework.records.offender_manager import OffenderManager
from casework.records.outcome import Outcome
from casework.records.parole import Parole
from casework.records.person import Person
from casework.records.person_link import PersonLink
from casework.records.plan_goal import PlanGoal
from casework.records.plan_step import PlanStep
from casework.records.post import Post
from casework.records.predictors import Predictors
from casework.records.programme import Programme
from casework.records.recall import Recall
from casework.records.referral import Referral
from casework.records.registration import Registration
from casework.records.release import Release
from casework.records.requirement import Requirement
from casework.records.resettlement_pathway import ResettlementPathway
from casework.records.responsibility_override import ResponsibilityOverride
from casework.records.restriction import Restriction
from casework.records.risk import Risk
from casework.records.seen_in_community import SeenInCommunity
from casework.records.self_harm_monitoring import SelfHarmMonitoring
from casework.records.sentence import Sentence
from casework.records.sentence_adjustment import SentenceAdjustment
from casework.records.sentence_plan import SentencePlan
from casework.records.settlement import Settlement
from casework.records.task import Task
from casework.records.temporary_absence import TemporaryAbsence
from casework.records.victim_contact import VictimContact
from sync_protocol.schema import Record, Registry, build_registry

KINDS: Final[tuple[type[Record], ...]] = (
    ActionPlan,
    Address,
    Adjudication,
    Alert,
    Appointment,
    Assessment,
    Breach,
    BreakGlass,
    CaseNote,
    Cell,
    CheckIn,
    Complexity,
    Consultation,
    ContactDetail,
    CourtAppearance,
    Document,
    EarlyAllocation,
    EndOfService,
    Enforcement,
    ExclusionZone,
    Handover,
    Identifier,
    Incident,
    InterventionSession,
    KeepOutArea,
    KeyDates,
    KeyWorker,
    Licence,
    Movement,
    NoContact,
    NonAssociation,
    OffenderManager,
    Outcome,
    Parole,
    Person,
    PersonLink,
    PlanGoal,
    PlanStep,
    Predictors,
    Programme,
    Recall,
    Referral,
    Registration,
    Release,
    Requirement,
    ResettlementPathway,
    ResponsibilityOverride,
    Restriction,
    Risk,
    SeenInCommunity,
    SelfHarmMonitoring,
    Sentence,
    SentenceAdjustment,
    SentencePlan,
    Settlement,
    Task,
    TemporaryAbsence,
    VictimContact,
)

SITE_KINDS: Final[tuple[type[Record], ...]] = (Post,)
"""What is of a place or of the whole estate, and of no person."""

REGISTRY: Final[Registry] = build_registry(KINDS)
"""The kinds of a person's record: all that pages, forms, searches, counts and exports know."""

WHOLE_REGISTRY: Final[Registry] = build_registry((*KINDS, *SITE_KINDS))
"""All that a store keeps and sends. Whoever is given the other can't show a place as a person."""
