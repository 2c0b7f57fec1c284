"""What is kept: one SQLite file, shared by all server processes."""
