"""Judge a finished run by what it wrote and how it ended."""
