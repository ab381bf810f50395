"""The scripted conversation: definitions, the engine that walks them, reading replies."""
