"""The composition root: the command line and the demonstration estate. The only code that may import everything."""
