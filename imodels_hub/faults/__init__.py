"""Faults that a hub can inject."""
