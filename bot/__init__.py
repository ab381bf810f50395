"""Porchlight: the front door of a telemedicine clinic."""
