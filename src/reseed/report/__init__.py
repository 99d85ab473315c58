"""Floor 2: a trial folder to one page, its tables and its figures."""

from reseed.report.figures import figure_of_endpoint, figure_of_variable
from reseed.report.named import figure
from reseed.report.page import HandOut, at_once
from reseed.report.write import write_report

__all__ = [
    "HandOut",
    "at_once",
    "figure",
    "figure_of_endpoint",
    "figure_of_variable",
    "write_report",
]
