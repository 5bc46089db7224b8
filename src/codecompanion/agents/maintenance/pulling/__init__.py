"""What a branch brings, read from git, and what a reviewer would ask about it."""
