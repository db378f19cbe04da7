"""Faults put into the engine on purpose, each of which the simulation must catch.

They score the simulation: a checker that never rang may be deaf. Nothing here ships; a plant lies
in the engine only as long as the `planted` of a test is open.
"""
