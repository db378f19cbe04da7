"""The rim of the protocol: the only part that touches disk, network, clock and chance."""
