"""Wire formats: what Twilio sends and expects, to and from our messages. Nothing is decided."""
