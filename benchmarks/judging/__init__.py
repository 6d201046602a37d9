"""Evaluation of the findings on real histories and on surrogates."""
