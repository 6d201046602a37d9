"""Figures against budgets; ``python -m benchmarks`` prints the table."""
