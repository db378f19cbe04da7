"""Plants in how a subject arrives by snapshot."""

from typing import Final

from tests.simulation.plants.planting import Plant, Slip
from tests.simulation.plants.recipes import RETURNED_AND_MOVED

_SNAPSHOTS: Final = "sync_protocol.io.snapshots:HubSnapshots"

ARRIVING: Final = (
    Plant(
        name="bare_standing",
        area="snapshot",
        does="A snapshot names the ops that stand, and not in which fields.",
        harms="The receiving prison shows values that were corrected long ago.",
        caught_by=("INV-04", "INV-06", "INV-07"),
        slips=(
            Slip(
                f"{_SNAPSHOTS}._take",
                "Stands(one.found.op_id, one.fields)",
                "Stands(one.found.op_id)",
            ),
        ),
    ),
    Plant(
        name="dangling_left_out",
        area="snapshot",
        does="A snapshot does not say which ops are replaced that have not come yet.",
        harms="An entry that was corrected before it was let in stands at who received the person"
        " meanwhile, and nowhere else.",
        caught_by=("INV-04",),
        changed=RETURNED_AND_MOVED,
        slips=(
            Slip(
                f"{_SNAPSHOTS}.enter",
                "dangling = self._dangling(subject_no)",
                "dangling: tuple[Dangling, ...] = ()",
            ),
        ),
    ),
    Plant(
        name="base_lost",
        area="snapshot",
        does="A record is folded again from its ops alone, without the snapshot it stands on.",
        harms="One verdict changes, and half of what a prison knows of somebody is not shown.",
        caught_by=("INV-04", "projections:"),
        slips=(
            Slip(
                "sync_protocol.io.folding:Folding.refold",
                "        self._stand_on([(kept, one) for one in"
                " self.bases.standing_of(kept.spot[0])])\n",
                "",
            ),
        ),
    ),
    Plant(
        name="covered_comes_again",
        area="snapshot",
        does="An op that a snapshot covers is folded when it comes by itself.",
        harms="A correction is undone by the very entry that it corrected.",
        caught_by=("INV-04", "another digest", "projections:"),
        slips=(
            Slip(
                "sync_protocol.snapshot:is_covered",
                "return hub_seq is not None and hub_seq <= cut",
                "return hub_seq is not None and hub_seq < cut // 2",
            ),
        ),
    ),
    Plant(
        name="arrival_ends_early",
        area="snapshot",
        does="A part of an arrival that did not fit counts as sent.",
        harms="A prison receives somebody with a long record and is sent its beginning.",
        caught_by=("INV-04", "INV-10"),
        slips=(
            Slip(
                f"{_SNAPSHOTS}._take",
                "            until = Place(pieces[-1].part, pieces[-1].found.hub_seq)\n",
                "            reach.more = True\n",
            ),
        ),
    ),
    Plant(
        name="page_skips_one",
        area="snapshot",
        does="The next page of an arrival begins one op too far on.",
        harms="Of somebody with a long record one entry in each page is missing, and is found only"
        " by comparing everything.",
        caught_by=("INV-04", "INV-10"),
        slips=(
            Slip(
                f"{_SNAPSHOTS}._page",
                "Place(last.part, last.found.hub_seq)",
                "Place(last.part, last.found.hub_seq - 1)",
            ),
        ),
    ),
)
