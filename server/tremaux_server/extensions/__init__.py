"""Extensions of the protocol that we serve."""
