"""What follows from the record: pure functions of shown rows, computed anywhere, stored nowhere.

Each takes the moment or day it is asked about, so the same answer comes out tomorrow, and names
where its rule comes from. None writes, waits or asks a clock.
"""
