"""What past runs learned about a project, kept beside the log and made from it."""
