"""A team of AI agents that changes a git repository and can prove, replay and price every step."""

__version__ = "0.1.0"
