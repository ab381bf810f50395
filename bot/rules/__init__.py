"""Judgement: crisis language, scores, triage, emergency resources. Pure."""
