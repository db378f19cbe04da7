"""What a terminal does with the record: search, read, create, change, settle, and the boards.

Plain functions over the node's store, shared by the services; none knows HTTP. Each is given the
`Desk` it works at and the `Caller` it works for, checks access, and leaves its audit line before
it answers.
"""
