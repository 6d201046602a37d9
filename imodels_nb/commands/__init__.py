"""The commands of ``python -m imodels_nb`` that are more than a call of one function."""
