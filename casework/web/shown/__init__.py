"""Turns what the desk answers into the views of pages: pure functions, words out, no reading."""
