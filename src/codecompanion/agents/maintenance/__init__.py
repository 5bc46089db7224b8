"""Agents that are tools at heart: each is useful alone, without a model, and says what a model would add."""
