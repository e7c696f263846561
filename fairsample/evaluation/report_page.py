"""A report as one HTML file that needs nothing else."""

from html import escape
from numbers import Integral, Real
from pathlib import Path
from string import Template

import numpy as np
import pandas as pd

from fairsample.whole_files import whole_files

__all__ = ["report_fragment", "report_page", "write_whole"]

_LEGEND = (
    "Arrows go from training on real rows to training with the synthetic ones. In "
    "brackets stands what other real rows reach."
)
_ROWS_AT_ONCE = 15  # of a table; all others fold away

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>html, body { margin: 0 } @media (prefers-color-scheme: dark) {
 html { background: #14171a } } @media print { html { background: #fff } }</style>
</head>
<body>
$fragment
</body>
</html>
""")

_STYLE = """
.fairsample-report { --paper: #fff; --ink: #1c2126; --faint: #5b6570;
 --line: #d9dee3; --panel: #f5f7f9; --accent: #0072b2; --alert: #fff4e5;
 --alert-line: #d55e00; color-scheme: light; background: var(--paper);
 color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
 max-width: 1080px; margin: 0 auto; padding: 24px; box-sizing: border-box }
@media (prefers-color-scheme: dark) { .fairsample-report { --paper: #14171a;
 --ink: #e4e8ec; --faint: #a3adb8; --line: #39424c; --panel: #1e2429;
 --accent: #6bb7e8; --alert: #33261a; --alert-line: #e88a3c; color-scheme: dark } }
.fairsample-report h1 { font-size: 26px; line-height: 1.2; margin: 0 0 8px;
 overflow-wrap: anywhere }
.fairsample-report h2 { font-size: 20px; margin: 40px 0 8px; padding-bottom: 4px;
 border-bottom: 1px solid var(--line) }
.fairsample-report p { margin: 6px 0; max-width: 80ch; overflow-wrap: anywhere }
.fairsample-report .lead, .fairsample-report footer { color: var(--faint) }
.fairsample-report footer { margin-top: 40px; font-size: 13px }
.fairsample-report nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px;
 list-style: none; padding: 0; margin: 12px 0 }
.fairsample-report a { color: var(--accent) }
.fairsample-report .headlines { display: grid; gap: 10px; padding: 0; margin: 16px 0;
 grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)) }
.fairsample-report .headlines div { background: var(--panel); border-radius: 6px;
 border: 1px solid var(--line); padding: 8px 12px }
.fairsample-report dt { color: var(--faint); font-size: 13px }
.fairsample-report dd { margin: 0; font-size: 18px; font-variant-numeric: tabular-nums;
 overflow-wrap: anywhere }
.fairsample-report .warnings { background: var(--alert); margin: 16px 0;
 border-left: 4px solid var(--alert-line); padding: 10px 16px; border-radius: 4px }
.fairsample-report .warnings h2 { border: 0; margin: 0; font-size: 17px }
.fairsample-report .warnings ul { margin: 6px 0; padding-left: 20px }
.fairsample-report .warnings li { margin: 4px 0; overflow-wrap: anywhere }
.fairsample-report .wide { overflow-x: auto; margin: 14px 0 }
.fairsample-report table { border-collapse: collapse; font-size: 13.5px; margin: 0 }
.fairsample-report caption { text-align: left; font-weight: 600; padding: 4px 0;
 caption-side: top }
.fairsample-report th, .fairsample-report td { padding: 3px 12px 3px 0;
 border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
 background: none; color: inherit; max-width: 36ch; overflow-wrap: break-word }
.fairsample-report thead th { color: var(--faint); font-weight: 600;
 vertical-align: bottom }
.fairsample-report tbody th { font-weight: 400 }
.fairsample-report .number { text-align: right; font-variant-numeric: tabular-nums }
.fairsample-report td { white-space: nowrap }
.fairsample-report summary { cursor: pointer; color: var(--accent); font-size: 13.5px }
.fairsample-report figure { margin: 16px 0; padding: 12px; background: #fff;
 border: 1px solid var(--line); border-radius: 6px; display: inline-block;
 max-width: 100%; box-sizing: border-box }
.fairsample-report img { display: block; max-width: 100%; height: auto }
@media print { .fairsample-report { --paper: #fff; --ink: #000; --faint: #444;
 --line: #bbb; --panel: #fff; --accent: #000; --alert: #fff; color-scheme: light;
 font-size: 10pt; padding: 0; max-width: none }
 .fairsample-report nav, .fairsample-report details { display: none }
 .fairsample-report h2, .fairsample-report caption { break-after: avoid }
 .fairsample-report figure, .fairsample-report tr, .fairsample-report .headlines div,
 .fairsample-report .wide, .fairsample-report li { break-inside: avoid }
 .fairsample-report figure { border: 0; padding: 0 }
 .fairsample-report .wide { overflow: visible } }
"""


def report_page(title, lead, sections, warnings, foot):
    """Write a report as an HTML file.

    Parameters
    ----------
    title : str
        What it is called.
    lead : list of str
        What was compared, in words.
    sections : list of ReportSection
        The sections.
    warnings : list of str
        What the reader has to know first.
    foot : str
        What stands at its end.

    Returns
    -------
    str
        The page. No text that was given is read as HTML; nothing runs in it, and
        nothing is fetched.

    Examples
    --------
    >>> page = report_page("<b>", [], [], [], "the end")
    >>> "&lt;b&gt;" in page, "<b>" in page
    (True, False)
    """
    fragment = report_fragment(title, lead, sections, warnings, foot, linked=True)
    return _PAGE.substitute(title=escape(title), fragment=fragment)


def report_fragment(title, lead, sections, warnings, foot, *, linked=False):
    """Write a report as a part of a page, such as a notebook.

    Parameters
    ----------
    title, lead, sections, warnings, foot
        As in :func:`report_page`.
    linked : bool, default=False
        Whether sections have links and anchors, of which a page can have one set only.

    Returns
    -------
    str
        HTML with a style that holds within it only.
    """
    parts = [
        f"<style>{_STYLE}</style>",
        '<article class="fairsample-report">',
        f"<header><h1>{escape(title)}</h1>",
        *(f'<p class="lead">{_sentence(line)}</p>' for line in lead),
        _headlines(sections),
        "</header>",
        _warnings(warnings),
        _links(sections) if linked else "",
        *(_section(section, linked) for section in sections),
        f"<footer><p>{escape(foot)}</p></footer>",
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def write_whole(path, content):
    """Write a file whole or not at all.

    Parameters
    ----------
    path : str or path
        The file, which is replaced.
    content : str
        What to write, in UTF-8.

    Raises
    ------
    ValueError
        If it is a folder.
    FileNotFoundError
        If its folder is not there.
    """
    path = Path(path).absolute()
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"There is no folder {str(path.parent)!r} to write {path.name!r} into. "
            "Make it first."
        )
    with whole_files(path) as (aside,):
        aside.write_text(content, encoding="utf-8")


def _headlines(sections):
    headlines = [line for section in sections for line in section.headlines]
    if not headlines:
        return ""
    shown = "".join(
        f"<div><dt>{escape(what[:1].upper() + what[1:])}</dt><dd>{escape(value)}</dd>"
        "</div>"
        for what, value in headlines
    )
    return f'<dl class="headlines">{shown}</dl><p class="lead">{_LEGEND}</p>'


def _warnings(warnings):
    heading = "What to know first" if warnings else "No warnings"
    lines = "".join(f"<li>{_sentence(line)}</li>" for line in warnings)
    listed = f"<ul>{lines}</ul>" if lines else ""
    return (
        f'<section class="warnings" aria-label="Warnings"><h2>{heading}</h2>{listed}'
        "</section>"
    )


def _sentence(text):
    return escape(text).replace(" %", "&nbsp;%")


def _links(sections):
    links = "".join(
        f'<li><a href="#{escape(section.key)}">{escape(section.title)}</a></li>'
        for section in sections
    )
    return f'<nav aria-label="Sections"><ul>{links}</ul></nav>'


def _section(section, linked):
    anchor = f' id="{escape(section.key)}"' if linked else ""
    parts = [f"<section{anchor}><h2>{escape(section.title)}</h2>"]
    parts += [f"<p>{_sentence(line)}</p>" for line in section.text]
    parts += [
        f'<figure><img src="{figure.address}" alt="{escape(figure.alt)}"></figure>'
        for figure in section.figures
    ]
    parts += [_folded(table) for table in section.tables]
    return "\n".join([*parts, "</section>"])


def _folded(table):
    """Show the first rows of a long table, and fold the others away."""
    frame = table.on_page
    if len(frame) <= _ROWS_AT_ONCE:
        return _table(frame, table.caption)
    caption = f"{table.caption} (the first {_ROWS_AT_ONCE} of {len(frame):,})"
    others = _table(frame.iloc[_ROWS_AT_ONCE:], f"{table.caption} (the others)")
    return (
        _table(frame.iloc[:_ROWS_AT_ONCE], caption)
        + f"<details><summary>{len(frame) - _ROWS_AT_ONCE:,} more rows of this table"
        f"</summary>{others}</details>"
    )


def _table(frame, caption):
    is_number = [
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
        for dtype in frame.dtypes
    ]
    heads = [*(name or "" for name in frame.index.names), *frame.columns]
    classes = [""] * frame.index.nlevels + [
        ' class="number"' if number else "" for number in is_number
    ]
    head = "".join(
        f'<th scope="col"{kind}>{escape(str(name))}</th>'
        for name, kind in zip(heads, classes, strict=True)
    )
    rows = "".join(
        _row(label if isinstance(label, tuple) else (label,), cells, classes)
        for label, cells in zip(
            frame.index.tolist(),
            frame.astype(object).itertuples(index=False, name=None),
            strict=True,
        )
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(labels, cells, classes):
    names = "".join(f'<th scope="row">{escape(_in_words(one))}</th>' for one in labels)
    values = "".join(
        f"<td{kind}>{escape(_in_words(cell))}</td>"
        for cell, kind in zip(cells, classes[len(labels) :], strict=True)
    )
    return f"<tr>{names}{values}</tr>"


def _in_words(value):
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, Real):
        return _figure(float(value))
    return "\N{EN DASH}" if value is None or value is pd.NA else str(value)


def _figure(value):
    if np.isnan(value):
        return "\N{EN DASH}"
    if 0 < abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}"
