"""Who answers: one file per provider, and one policy for when they do not.

The SDKs are imported by the files that are named after them, and those are loaded when a model is opened.
"""
