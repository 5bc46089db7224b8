"""How one part wakes another: topics with consumer groups."""
