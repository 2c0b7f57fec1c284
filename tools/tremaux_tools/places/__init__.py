"""Where a job runs: the same promise, kept by a plain process, a terminal or a container."""
