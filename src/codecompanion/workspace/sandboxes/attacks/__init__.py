"""Attacks a sandbox from inside and says of each attack whether it held."""
