"""Containers: make them, look at them, and reach the programs inside. The only user of the Docker SDK."""
