"""The attacks themselves: a program that runs inside a cage and tries to get out.

It is copied into the cage, so it imports nothing but the standard library and its neighbours. An attack returns how it got
through, "" when it came to nothing, and lets an `OSError` pass when the cage said no. Nothing it does harms: it aims at baits.
"""
