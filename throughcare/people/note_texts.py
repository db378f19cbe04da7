"""What case notes say: plain sentences as staff write them, put together by topic.

`{name}` is how the note calls the person; `{they}` and `{their}` follow.
"""

from random import Random
from typing import Final, Literal

import msgspec

Side = Literal["prison", "community"]


class Topic(msgspec.Struct, frozen=True):
    """One kind of note: its codes, who writes it, and the sentences it is drawn from."""

    type: str
    subtype: str
    side: Side
    openings: tuple[str, ...]
    middles: tuple[str, ...]
    closings: tuple[str, ...]
    is_sensitive: bool = False


TOPICS: Final = (
    Topic(
        type="KA",
        subtype="KS",
        side="prison",
        openings=(
            "Key work session with {name} on the wing, about forty minutes.",
            "Saw {name} in the wing office for key work; {they} came without being asked.",
            "Short key work session with {name}, cut to twenty minutes by early lock-up.",
        ),
        middles=(
            "{They} said sleep has been better since the move to a single cell.",
            "Went over the sentence plan; {they} wants to start the maths course next term.",
            "{They} has not heard from {their} sister for three weeks and is worried about it.",
            "{They} has kept away from the group on the twos and says the pressure has stopped.",
            "Spoke about work: {they} would like the gardens party instead of the laundry.",
        ),
        closings=(
            "No concerns today. Next session in a week.",
            "I will chase the phone credit application and let {name} know by Friday.",
            "Asked the wing team to keep an eye; handed over at briefing.",
            "{They} agreed to see the chaplain about the family matter.",
        ),
    ),
    Topic(
        type="OBSERVE",
        subtype="OBS_GEN",
        side="prison",
        openings=(
            "{name} kept to {their} cell most of the day and came out for meals only.",
            "{name} was in good spirits on association and played pool with the others.",
            "{name} argued with another prisoner at the servery; both walked away when told.",
            "{name} asked twice during the night for the time and said {they} could not settle.",
        ),
        middles=(
            "Spoken to in private and said everything was fine.",
            "Said the visit booked for Saturday had been called off.",
            "Cell found clean and tidy at the daily check.",
            "Said {they} owes nobody anything; canteen checked and in order.",
        ),
        closings=("Handed over to nights.", "Wing manager told.", "No further action.", ""),
    ),
    Topic(
        type="POS",
        subtype="POS_GEN",
        side="prison",
        openings=(
            "{name} helped a new arrival on the landing to fill in forms without being asked.",
            "{name} finished the level 1 food safety course with full marks.",
            "Kitchen instructor praised {name} for turning up early all week.",
        ),
        middles=("Well done.", "Thanked in front of the landing.", "Good to see."),
        closings=("Considered for enhanced at the next review.", ""),
    ),
    Topic(
        type="NEG",
        subtype="BEHAVEWARN",
        side="prison",
        openings=(
            "{name} refused to bang up at 17:15 and needed telling three times.",
            "{name} covered the observation panel and swore at staff when told to clear it.",
            "{name} was found on the threes without permission during association.",
        ),
        middles=(
            "{They} complied once the custodial manager spoke to {name}.",
            "{They} apologised within the hour and said {they} had had bad news.",
        ),
        closings=("Warning given and explained.", "Warning given; appeal process explained."),
    ),
    Topic(
        type="OMIC",
        subtype="OMIC_OPEN",
        side="prison",
        openings=(
            "First meeting with {name} as prison offender manager; roles and handover explained.",
            "Reviewed the sentence plan with {name} ahead of the handover window.",
            "Telephone call with the community offender manager about release address.",
        ),
        middles=(
            "{They} wants to go back to {their} mother's; checks on the address are needed first.",
            "Building Choices is the agreed next step; {they} is on the waiting list.",
            "Drug recovery worker reports two negative tests and steady attendance.",
            "Bail hostel place is being looked for as the former address is not suitable.",
        ),
        closings=(
            "Handover date noted; pre-handover meeting to be set up.",
            "OASys review due next month.",
            "Actions agreed and copied to {name}.",
        ),
    ),
    Topic(
        type="RESET",
        subtype="ACCOM",
        side="prison",
        openings=("Housing interview with {name} in the resettlement office.",),
        middles=(
            "No tenancy to return to; consent signed for a duty to refer to the council.",
            "Tenancy is still open, arrears of about four weeks; landlord to be written to.",
        ),
        closings=("Follow-up in two weeks.", "Letter sent today."),
    ),
    Topic(
        type="OBSERVE",
        subtype="SAFER CUST",
        side="prison",
        openings=(
            "Called by wing staff: {name} tearful after a telephone call home.",
            "Post-closure interview with {name} held in private.",
        ),
        middles=(
            "{They} said there were no thoughts of self-harm and named two people to go to.",
            "{They} said nights are the hardest; listener offered and accepted.",
        ),
        closings=(
            "Team told; extra checks through the night agreed with {name}.",
            "Support plan left open in the wing office. To be seen again tomorrow.",
        ),
        is_sensitive=True,
    ),
    Topic(
        type="GEN",
        subtype="HIS",
        side="community",
        openings=(
            "{name} reported on time.",
            "{name} reported fifteen minutes late and apologised; bus missed.",
            "{name} attended the office as instructed, in good spirits.",
        ),
        middles=(
            "Licence conditions gone over once more; {they} could say them in {their} own words.",
            "{They} has two shifts a week at the warehouse and hopes for a third.",
            "Spoke about the row with {their} brother; agreed what to do before it boils over.",
            "Alcohol: says three drinks at the weekend. Breath test negative today.",
            "Universal Credit is now in payment; food parcel no longer needed.",
        ),
        closings=(
            "Next appointment Tuesday at 10:30.",
            "Next appointment in one week, same time.",
            "To report weekly until the risk review.",
        ),
    ),
    Topic(
        type="GEN",
        subtype="WELFCHK",
        side="community",
        openings=(
            "Home visit with a colleague. {name} and {their} mother at home.",
            "Home visit, {name} alone. Flat clean, dog shut in the kitchen as asked.",
        ),
        middles=(
            "No sign of the former partner; {their} phone was shown without being asked.",
            "{They} is sleeping in the box room; the landlord confirmed by telephone.",
        ),
        closings=("Address remains suitable.", "No concerns; visit again in a month."),
    ),
    Topic(
        type="COMMS",
        subtype="COM_OUT",
        side="community",
        openings=(
            "Call to the drug and alcohol service about {name}.",
            "Call to the police domestic abuse unit for a check on {name}.",
            "Call with the prison offender manager about {name}.",
        ),
        middles=(
            "Attending groups; missed one, reason accepted.",
            "No call-outs since release.",
            "Release address checked and approved; sent in writing today.",
        ),
        closings=("To speak again in a fortnight.", ""),
    ),
)


BY_SIDE: Final = {
    side: tuple(topic for topic in TOPICS if topic.side == side) for side in ("prison", "community")
}


class MadeNote(msgspec.Struct, frozen=True):
    """A note before anybody has written it."""

    type: str
    subtype: str
    text: str
    is_sensitive: bool


def draw_note(chance: Random, *, side: Side, name: str, is_female: bool) -> MadeNote:
    """A note that this side might write about a person called so."""
    topic = chance.choice(BY_SIDE[side])
    middles = chance.sample(topic.middles, k=min(len(topic.middles), chance.choice((1, 1, 2))))
    parts = (chance.choice(topic.openings), *middles, chance.choice(topic.closings))
    they, their = ("she", "her") if is_female else ("he", "his")
    text = " ".join(part for part in parts if part).format(
        name=name, they=they, their=their, They=they.capitalize()
    )
    return MadeNote(topic.type, topic.subtype, text[:1].upper() + text[1:], topic.is_sensitive)
