"""The builtin mind: program repair by search. No model, no network, no key."""
