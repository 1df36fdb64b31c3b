"""A canvas measured in CSS pixels, and the picture that comes out of it.

Twice the pixels are drawn, so that text is sharp on dense screens. The background is opaque white,
the colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), the font is the one that
matplotlib ships: the same input gives the same bytes.
"""

from __future__ import annotations

import base64
import ctypes
import io
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

WIDTH = 760  # CSS pixels: a column of JupyterLab on a small laptop
_CSS_DPI, _DENSITY = 96, 2

INK, PALE, LINE = "#1a1a1a", "#595959", "#8c8c8c"
GREEN, BLUE, ORANGE, VERMILION = "#009E73", "#0072B2", "#E69F00", "#D55E00"
TINTS = {GREEN: "#e3f4ee", BLUE: "#e2eff7", ORANGE: "#fcf1dc", VERMILION: "#fae7dc"}

SMALL, NORMAL, LARGE = 12.0, 14.0, 16.0  # text sizes in CSS pixels


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing as PNG, and the sentence that says what it shows.

    width, height: CSS pixels.
    """

    sentence: str
    png: bytes
    width: int
    height: int

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.sentence}
        return data, {"image/png": {"width": self.width, "height": self.height}}


class Canvas:
    """Draws shapes and text at CSS pixel positions; y grows downwards."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height = round(width), round(height)
        self.figure = Figure(
            figsize=(self.width / _CSS_DPI, self.height / _CSS_DPI),
            dpi=_CSS_DPI * _DENSITY,
            facecolor="white",
        )
        self._agg: Any = FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, self.width), ylim=(self.height, 0))
        self._axes.set_axis_off()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = NORMAL,
        bold: bool = False,
        color: str = INK,
        align: str = "center",
        behind: str | None = None,
    ) -> None:
        """Text around the vertical middle `y`, broken into lines only where it has line breaks.

        behind: the colour of a box under it.
        """
        style = {
            "fontproperties": _font(size, bold),
            "color": color,
            "linespacing": 1.25,
            "parse_math": False,
        }
        if behind:
            style["bbox"] = {"facecolor": behind, "edgecolor": "none", "pad": 2}
        self._axes.text(x, y, text, ha=align, va="center_baseline", **style)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        edge: str = "none",
        radius: float = 6,
    ) -> None:
        """A rectangle with round corners.

        x, y: its upper left corner.
        """
        from matplotlib.patches import FancyBboxPatch

        style = f"round,pad=0,rounding_size={radius}"
        self._axes.add_artist(
            FancyBboxPatch(
                (x, y), width, height, boxstyle=style, facecolor=fill, edgecolor=edge, linewidth=1.0
            )
        )

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        color: str = LINE,
        thick: float = 1.0,
        dashed: bool = False,
    ) -> None:
        """A straight line.

        thick: its width in points.
        """
        from matplotlib.lines import Line2D

        style: Any = (0, (4, 3)) if dashed else "-"
        self._axes.add_artist(
            Line2D([x1, x2], [y1, y2], color=color, linewidth=thick, linestyle=style, zorder=1)
        )

    def arrow(self, x1: float, y1: float, x2: float, y2: float, *, color: str = INK) -> None:
        """An arrow from the first point to the second."""
        style = {
            "arrowstyle": "-|>,head_width=0.3,head_length=0.6",
            "color": color,
            "linewidth": 1.4,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        self._axes.annotate("", (x2, y2), (x1, y1), arrowprops=style)

    def shape(self, points: list[tuple[float, float]], color: str) -> None:
        """A filled polygon."""
        from matplotlib.patches import Polygon

        self._axes.add_artist(
            Polygon(points, closed=True, facecolor=color, edgecolor="none", zorder=3)
        )

    def disc(self, x: float, y: float, radius: float, color: str) -> None:
        """A filled circle."""
        from matplotlib.patches import Circle

        self._axes.add_artist(Circle((x, y), radius, facecolor=color, edgecolor="none", zorder=3))

    def picture(self, sentence: str) -> Picture:
        """The finished drawing.

        sentence: what it shows. The canvas is empty afterwards.
        """
        from PIL import Image

        self._agg.draw()
        size = self._agg.get_width_height()
        drawn = self._agg.buffer_rgba()
        pixels = Image.frombuffer("RGBA", size, drawn).convert("RGB")
        # Few colours are in it: a palette makes the file, and every notebook that stores it, four
        # times smaller.
        file = io.BytesIO()
        pixels.quantize(128, dither=Image.Dither.NONE).save(file, "PNG")
        del drawn, pixels
        self._give_back()
        return Picture(sentence, file.getvalue(), self.width, self.height)

    def _give_back(self) -> None:
        """Free the ten megabytes of the buffer now.

        Artists and axes keep it alive in reference cycles until the garbage collector runs.
        """
        self._axes.clear()
        self._agg.renderer = None
        try:
            ctypes.CDLL(None).malloc_trim(0)  # glibc would keep up to twice as much for later
        except (AttributeError, OSError, TypeError):
            pass  # another C library


@lru_cache(
    maxsize=4096
)  # `wrap` asks for the same words again and again, in lines of other lengths
def text_width(text: str, *, size: float = NORMAL, bold: bool = False) -> float:
    """The width of a line of text in CSS pixels."""
    from matplotlib.textpath import TextToPath

    width, _, _ = TextToPath().get_text_width_height_descent(text, _font(size, bold), ismath=False)
    return float(width) * _CSS_DPI / 72


def wrap(text: str, width: float, *, size: float = NORMAL, bold: bool = False) -> list[str]:
    """The text in as few lines as fit into `width` CSS pixels, of about equal length.

    A single word that is wider has a line of its own.
    """
    lines = narrower = _lines(text, width, size, bold)
    while len(narrower) == len(lines) > 1 and width > 40:
        lines, width = narrower, width - 6
        narrower = _lines(text, width, size, bold)
    return lines


def _lines(text: str, width: float, size: float, bold: bool) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size=size, bold=bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


@cache
def _font(size: float, bold: bool) -> Any:
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(
        fname=f"{mpl.get_data_path()}/fonts/ttf/{name}", size=size * 72 / _CSS_DPI
    )
