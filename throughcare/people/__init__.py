"""Synthetic people: nobody real, the same ones for the same seed.

Names are put together from syllables, numbers are drawn in the ranges of real ones with right
check letters, and every code is one that the services really use.
"""
