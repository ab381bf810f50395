"""What every other room shares: answers, findings, messages, errors, conditions, clock."""
