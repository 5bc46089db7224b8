"""WebDoctor's parts: which web applications there are, what each answers to, and what is wrong with it."""
