"""One function for each command of `tremaux`."""
