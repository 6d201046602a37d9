"""Benchmarks of every budget; ``python -m benchmarks`` prints the table."""
