"""Find what was written before by the words of a prompt: pure rules of retrieval."""
