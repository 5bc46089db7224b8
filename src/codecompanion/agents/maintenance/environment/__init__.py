"""What the environment doctor looks at, one matter a file; each yields what it finds."""
