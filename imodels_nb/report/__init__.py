"""The report: one HTML file of figures, findings and charts that needs no kernel and no internet."""

from imodels_nb.report.leaks import refuse_leaks
from imodels_nb.report.writing import SUFFIXES, write_report

__all__ = ["SUFFIXES", "refuse_leaks", "write_report"]
