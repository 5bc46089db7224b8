"""What agents may do: one file per tool."""
