"""Helpers that several test modules share: ``from helpers.timelines import make_rows``."""
