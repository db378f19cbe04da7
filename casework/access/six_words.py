"""Six words that two people read to one another, to see that both ends were told the same.

256 words of one list, one for each byte: six of them are 48 bits. Whoever stands between has to
meet them at the first try, since a code that was used is used, so 48 bits are enough. The list is
part of what nodes say to people: it is never changed, and its digest is in the tests.
"""

from typing import Final

WORDS_SAID: Final = 6

_TEXT: Final = (
    "acorn actor alarm album alder amber anchor angle ankle apple apron arch arrow aspen atlas"
    " attic autumn badge bagel baker bamboo banjo barley barrel basil basket beacon beaver"
    " beetle bell berry birch biscuit blanket blossom bonnet border bottle bramble branch bread"
    " bridge bronze bucket buffalo bugle bundle butter button cabin cactus camel candle canoe"
    " canvas caravan carpet carrot castle cavern cedar cello cherry chimney cider circle citrus"
    " clover cobalt coconut comet compass copper coral cotton cradle crane crayon cricket"
    " crystal curtain cushion daisy dancer denim desert diamond dinner dolphin donkey dragon"
    " drawer drum eagle easel echo elbow elder elephant elm emerald engine fabric falcon farmer"
    " feather fern ferry fiddle finger flannel flute forest fossil fountain fox galaxy garden"
    " garlic giraffe glacier globe goblet granite grape guitar hammer hamster harbour harvest"
    " hazel hedge helmet heron hockey honey igloo indigo island ivory ivy jacket jaguar jasmine"
    " jelly jigsaw jungle kayak kennel kettle kitchen kitten koala ladder lagoon lantern lemon"
    " leopard lettuce lilac linen lizard lobster locket lotus magnet mango maple marble market"
    " meadow melon meteor mirror mitten monkey mountain mushroom napkin needle nettle nutmeg"
    " oasis ocean olive onion orange orchard orchid otter oyster paddle palace panda paper"
    " parcel parrot peach pebble pelican pencil pepper piano picnic pigeon pillow planet plum"
    " pocket pony poppy potato puddle pumpkin puppet quarry quilt rabbit radish rainbow raven"
    " ribbon river robin rocket saddle salmon sandal satchel scarf shadow shovel silver spider"
    " sponge squirrel sunset swan table tablet teapot thistle thunder tiger toast tomato tractor"
    " trumpet tulip tunnel turtle umbrella valley velvet violin walnut"
)
_WORDS: Final = tuple(_TEXT.split())


def words_of(digest: bytes) -> tuple[str, ...]:
    """The six words of a digest, to be read aloud in this order."""
    return tuple(_WORDS[byte] for byte in digest[:WORDS_SAID])


def is_said(typed: str, digest: bytes) -> bool:
    """Whether somebody typed the words of a digest, in any case and with any spaces between."""
    return tuple(typed.lower().replace("-", " ").split()) == words_of(digest)
