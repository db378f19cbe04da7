"""The composition root: the command line and the demonstration estate.

The only code that may import everything, and the only code that builds stores, clocks, keys and
drivers; everybody else is given them.
"""
