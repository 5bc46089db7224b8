"""What a shell command line would do, read from its text alone: nothing is run, and what is not understood is said so."""
