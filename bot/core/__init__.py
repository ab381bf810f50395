"""Words that every other room shares: answers, findings, messages, errors, conditions, the clock."""
