"""What is true: facts, commands and the rules between them. No I/O, no clock, no chance, no logging."""
