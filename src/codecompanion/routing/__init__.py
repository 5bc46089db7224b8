"""Who should answer, and what it may cost."""
