"""The spoke whose terminals are phones.

It will stand where `edge` stands: a replica of its own, holding the scope of the officers whose
phones pull from it, with the pages those phones keep. It is given the same `casework` and
`sync_protocol` as every other spoke and never imports `server` or `edge`. Nothing is served from
here yet.
"""
