"""Alternatives that hold a project's commands, the strongest first: bubblewrap, landlock, rlimits. `choose` picks one."""
