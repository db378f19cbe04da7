"""Every limit of the protocol in one table: a name, a unit, a number, and where it came from.

PROTOCOL.md repeats this table; a test holds the two in step. INV-14 rests on it.
"""

from typing import Final

PROTOCOL_VERSION: Final = 1
PROTOCOL_VERSION_OLDEST: Final = 1
OP_VERSION: Final = 1

BODY_BYTES_MAX: Final = 48 * 1024
OP_BYTES_MAX: Final = 56 * 1024
NAMED_IDS_MAX: Final = 512
SEEN_IDS_MAX: Final = 16_384
NESTING_MAX: Final = 16
TEXT_KIND_MAX: Final = 64
CHANGE_SET_OPS_MAX: Final = 256

SEGMENT_OPS_MAX: Final = 256
SEGMENT_BYTES_MAX: Final = 64 * 1024
CHANGE_SET_BYTES_MAX: Final = 120 * 1024

REQUEST_BYTES_MAX: Final = 16 * 1024 * 1024
REQUEST_OPS_MAX: Final = 20_000
UNPACKED_BYTES_MAX: Final = 64 * 1024 * 1024
RATIO_FREE_BYTES: Final = 1024 * 1024
RATIO_MAX: Final = 20
RATIO_SENT_MAX: Final = 15

REPLY_OPS_MAX: Final = 5_000
REPLY_BYTES_AIM: Final = 4 * 1024 * 1024
NOTICES_MAX: Final = 1_000
WAIT_MS_MAX: Final = 25_000

DANGLING_MAX: Final = 4_096
WANTS_MAX: Final = 256
HISTORY_PAGE_OPS: Final = 500

DRIFT_MS_MAX: Final = 5 * 60 * 1000
RETRY_FIRST_MS: Final = 500
RETRY_MS_MAX: Final = 60_000
VIEW_DIGEST_EVERY_MS: Final = 15 * 60 * 1000

STANDING_LISTED_MAX: Final = 64
DEAD_LETTERS_MAX: Final = 100
DEAD_LETTER_BYTES_MAX: Final = 256 * 1024

COURIER_BYTES_MAX: Final = 64 * 1024 * 1024
COURIER_BYTES_AIM: Final = 40 * 1024 * 1024
COURIER_PARTS_MAX: Final = 256
COURIER_ASKED_MAX: Final = 32
