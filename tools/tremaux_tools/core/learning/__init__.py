"""How Tremaux learns about itself: what is proposed, how it is scored, tried and guarded."""
