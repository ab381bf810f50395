"""The consult request: its states, the one table of transitions, priorities and time limits."""
