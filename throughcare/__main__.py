"""Runs the command line: `python -m throughcare` is `throughcare`."""

from throughcare.cli import main

main()
