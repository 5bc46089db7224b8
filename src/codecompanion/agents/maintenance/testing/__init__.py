"""What the test runner makes of a suite's report."""
