"""How records travel between nodes and converge; it knows no alert and no prison.

`PROTOCOL.md` beside this file is the specification. Only `io/` touches disk, network, clock or
chance; everything else is a pure function of what it is handed.
"""
