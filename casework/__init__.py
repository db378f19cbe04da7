"""What the record means: kinds, rules, code lists, access and pages, shared by all services."""
