"""Match a caller's regular expressions where they can do no harm: in a child process that may be killed."""
