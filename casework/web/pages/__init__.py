"""The pages that a terminal and the centre share; each module gives the routes of one subject."""
