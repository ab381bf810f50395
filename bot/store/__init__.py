"""Tables, queries and field encryption. Nothing else knows SQL."""
