"""From the outbox to the provider: what was committed leaves, once, or is shown as unknown."""
