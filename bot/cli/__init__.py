"""Commands: `flask --app wsgi ...`."""
