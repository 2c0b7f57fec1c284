"""What finished tasks teach, and what of it helps with the next one: pure rules."""
