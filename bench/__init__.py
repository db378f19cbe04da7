"""Measures Throughcare against what else could be installed; `make bench` runs it.

Nothing here is part of a node: it starts real nodes and real peers on 127.0.0.1, gives each the
same logical ops, times them in turn in one call, and reports ratios.
"""
