"""The REST API: what the command line can do, over HTTP. It holds no state of its own."""
