"""The agents: one file per role, its prompt as Markdown beside it."""
