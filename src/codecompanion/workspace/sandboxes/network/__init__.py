"""What a cage has of the network when some hosts are allowed: a proxy outside that asks nobody else.

The cage has a network of its own in which there is nothing. Before the command starts, `inside` listens at a port of it and
hands that socket out, on a Unix socket that only the two of them have. Whoever connects inside talks to the proxy outside.
"""
