"""Proof by breaking: real processes killed at named places, and a checker of what is left."""
