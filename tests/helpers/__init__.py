"""Helpers of several test modules: ``from helpers.timelines import make_rows``."""
