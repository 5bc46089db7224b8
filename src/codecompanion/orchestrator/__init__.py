"""How a run moves: commands become facts, facts become state, state says what comes next."""
