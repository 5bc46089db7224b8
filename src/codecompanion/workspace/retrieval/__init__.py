"""Finds the files, symbols and lines of a repository that must be read or changed for an objective."""

from codecompanion.workspace.retrieval.retriever import Retriever

__all__ = ["Retriever"]
