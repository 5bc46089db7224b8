"""A server on this machine that speaks the providers' protocols, answers from a script, and misbehaves when told to."""
