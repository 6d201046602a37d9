"""Read the history of a Bentley iModel in a notebook."""
