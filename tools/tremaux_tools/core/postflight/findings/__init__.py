"""Tell the lines of errors and successes from those that only have their words."""
