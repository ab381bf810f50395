"""The order in which one inbound message is treated. Pure."""
