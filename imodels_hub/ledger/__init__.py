"""What a hub keeps while it serves: the one sequence of changesets, and all that refers to it."""
