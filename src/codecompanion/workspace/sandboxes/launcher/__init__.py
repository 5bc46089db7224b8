"""The program between us and a command that bubblewrap does not hold: it confines the command and sweeps up after it.

It is started anew for every command and imports little: of the standard library what the work needs, of this package
nothing but its neighbours.
"""
