"""Reports: one HTML file with figures, findings and charts."""

from imodels_nb.report.report import SUFFIXES, write_report
from imodels_nb.report.secret_scan import check_for_secrets, redact_secrets

__all__ = ["SUFFIXES", "check_for_secrets", "redact_secrets", "write_report"]
