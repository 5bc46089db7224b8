"""The web UI: pages over the REST API, and no state of their own. It imports nothing of the rest of the package."""
