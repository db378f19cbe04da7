"""The hub: the central record, scopes, conflicts, enrolment and the console."""
