"""The repository under change: its worktree, its kind, its checks and the cage they run in."""
