"""What the dependency auditor looks at, one matter a file; each yields what it finds."""
