"""The providers' protocols, one file each: how a turn looks as an answer, as a stream, and how an error looks."""
