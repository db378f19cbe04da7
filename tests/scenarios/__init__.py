"""Stories: one a text file, commands and what followed, played on real stores in one program."""
