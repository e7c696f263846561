"""Pictures that a page holds within itself."""

import base64
import io
import warnings
from dataclasses import dataclass

__all__ = ["ReportFigure"]

_DOTS_PER_INCH = 140
_LARGEST_DRAWING = 400_000  # bytes of SVG, above which a page takes the PNG
_STYLE = {
    "font.size": 9,
    "svg.hashsalt": "fairsample",  # the same picture is the same bytes
}


@dataclass(frozen=True)
class ReportFigure:
    """A picture, as SVG and as PNG.

    Parameters
    ----------
    name : str
        What its file is called.
    alt : str
        What it shows, in words.
    svg, png : bytes
        The picture.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> open_before = plt.get_fignums()
    >>> figure = ReportFigure.draw("empty", "An empty figure.", plt.figure)
    >>> figure.address[:26], plt.get_fignums() == open_before
    ('data:image/svg+xml;base64,', True)
    """

    name: str
    alt: str
    svg: bytes
    png: bytes

    @classmethod
    def draw(cls, name, alt, plot):
        """Draw a picture in matplotlib's own style, whatever style is in use.

        Parameters
        ----------
        name, alt : str
            As the class has them.
        plot : callable
            Draws and returns a matplotlib Figure. Figures that it opens are closed.

        Returns
        -------
        ReportFigure
        """
        import matplotlib.pyplot as plt

        opened_before = set(plt.get_fignums())
        try:
            with (
                warnings.catch_warnings(),
                plt.ioff(),
                plt.style.context(["default", _STYLE]),
            ):
                warnings.simplefilter("ignore")  # glyphs that the font does not have
                figure = plot()
                svg = _saved(figure, format="svg", metadata={"Date": None})
                png = _saved(figure, format="png", dpi=_DOTS_PER_INCH)
        finally:
            for number in set(plt.get_fignums()) - opened_before:
                plt.close(number)
        return cls(name, alt, svg, png)

    @property
    def address(self):
        """The picture as an address, for the `src` of an image."""
        if len(self.svg) <= _LARGEST_DRAWING:
            return _data_address("image/svg+xml", self.svg)
        return _data_address("image/png", self.png)


def _saved(figure, **options):
    file = io.BytesIO()
    figure.savefig(file, bbox_inches="tight", facecolor="white", **options)
    return file.getvalue()


def _data_address(kind, content):
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
