"""Say why a run failed: choose, of all that its log states, what tells most."""
