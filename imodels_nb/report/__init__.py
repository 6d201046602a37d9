"""Reports: one HTML file with figures, findings and charts."""

from imodels_nb.report.options import SUFFIXES
from imodels_nb.report.portfolio import write_portfolio
from imodels_nb.report.report import write_report
from imodels_nb.report.secret_scan import check_for_secrets, redact_secrets
from imodels_nb.report.since import read_last_index

__all__ = ["SUFFIXES", "check_for_secrets", "read_last_index", "redact_secrets", "write_portfolio", "write_report"]
