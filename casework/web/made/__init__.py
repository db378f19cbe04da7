"""Forms and pages made from the Registry: every kind has them, whoever declared it and when."""
