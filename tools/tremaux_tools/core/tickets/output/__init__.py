"""What agents' programs print about a run: one module for each format, all behind `reader.Reader`."""
