"""The report: one HTML file of figures, findings and charts that needs no kernel and no internet."""

from imodels_nb.report.writing import write_report

__all__ = ["write_report"]
