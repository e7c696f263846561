"""What a section of a report holds: sentences, tables, pictures and findings."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fairsample.evaluation.report_figure import ReportFigure

__all__ = ["FINDING", "ReportSection", "ReportTable"]

FINDING = ("section", "item", "metric", "real", "synthetic", "low", "high")


@dataclass(frozen=True)
class ReportTable:
    """A table of a report.

    Parameters
    ----------
    name : str
        What its file is called.
    caption : str
        What it shows.
    frame : DataFrame
        The figures.
    shown : DataFrame, default=None
        What a page shows in its place: some of the rows, or figures as text.

    Examples
    --------
    >>> table = ReportTable("cells", "Rows of each cell", pd.DataFrame({"real": [3]}))
    >>> table.on_page["real"].tolist()
    [3]
    """

    name: str
    caption: str
    frame: pd.DataFrame
    shown: pd.DataFrame = None

    @property
    def on_page(self):
        """The table as a page shows it."""
        return self.frame if self.shown is None else self.shown


@dataclass
class ReportSection:
    """A section of a report, filled as its figures come in.

    Parameters
    ----------
    key : str
        What the section is called in tables.
    title : str
        What it is called on the page.

    Attributes
    ----------
    text : list of str
        Sentences at its beginning.
    tables : list of ReportTable
        Its tables.
    figures : list of ReportFigure
        Its pictures.
    findings : list of tuple
        Its rows of the long table, in the order of `FINDING`.
    headlines : list of tuple of (str, str)
        What stands at the top of the report: what it is, and its value.
    warnings : list of str
        What the reader has to know.

    Examples
    --------
    >>> section = ReportSection("cells", "Groups and classes")
    >>> section.find("F, died", "rows", real=9, synthetic=141)
    >>> section.findings
    [('cells', 'F, died', 'rows', 9, 141, nan, nan)]
    """

    key: str
    title: str
    text: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    figures: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    headlines: list = field(default_factory=list)
    warnings: list = field(default_factory=list)

    def find(
        self, item, metric, *, real=np.nan, synthetic=np.nan, low=np.nan, high=np.nan
    ):
        """Add a row to the long table; the interval is that of the last value."""
        self.findings.append((self.key, item, metric, real, synthetic, low, high))

    def add_table(self, name, caption, frame, shown=None):
        """Add a table."""
        self.tables.append(ReportTable(name, caption, frame, shown))

    def draw(self, name, alt, plot):
        """Add a picture; one that cannot be drawn becomes a warning.

        Parameters
        ----------
        name : str
            What its file is called.
        alt : str
            What it shows, for those who do not see it.
        plot : callable
            Draws it and returns the matplotlib Figure.
        """
        try:
            self.figures.append(ReportFigure.draw(name, alt, plot))
        except ImportError as error:
            self.warnings.append(
                f"There are no pictures: {error}. Install matplotlib to have them."
            )
        except Exception as error:
            self.warnings.append(
                f"The picture {name!r} could not be drawn: "
                f"{type(error).__name__}: {error}"
            )
