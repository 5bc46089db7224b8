"""What is seen from outside, and what must never be."""
