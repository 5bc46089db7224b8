"""What a face can ask for: start, resume, fork, replay, apply, undo, audit. The same for CLI, API and UI."""
