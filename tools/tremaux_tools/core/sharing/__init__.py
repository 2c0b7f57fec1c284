"""Forms in which people and programs hand on what was learnt: pure readers and writers."""
