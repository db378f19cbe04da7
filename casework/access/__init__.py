"""Who may see and do what: accounts and sessions local to a node, and the table of actions."""
