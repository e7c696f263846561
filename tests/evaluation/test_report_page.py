from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from fairsample.evaluation.report_figure import ReportFigure
from fairsample.evaluation.report_page import report_fragment, report_page, write_whole
from fairsample.evaluation.report_section import ReportSection

EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'
DOT = ReportFigure("dot", EVIL, b"<svg/>", b"png")


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def of(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def evil_section():
    section = ReportSection("cells", EVIL, text=[EVIL], headlines=[(EVIL, EVIL)])
    frame = pd.DataFrame({EVIL: [EVIL, 0.5]}, index=pd.Index([EVIL, 1], name=EVIL))
    section.add_table("evil", EVIL, frame)
    section.figures.append(DOT)
    return section


def page_of(*sections, warnings=(EVIL,)):
    return report_page(EVIL, [EVIL], sections, list(warnings), EVIL)


def test_no_text_is_read_as_html():
    tags = Tags(page_of(evil_section()))
    assert not tags.of("script")
    assert len(tags.of("img")) == 1
    assert not any(name.startswith("on") for _, attrs in tags.tags for name in attrs)
    assert tags.of("img")[0]["alt"] == EVIL


def test_a_page_needs_nothing_else():
    page = page_of(evil_section())
    tags = Tags(page)
    assert not tags.of("link")
    assert "url(" not in page
    assert "@import" not in page
    for attrs in tags.of("img"):
        assert attrs["src"].startswith("data:image/")
    for attrs in tags.of("a"):
        assert attrs["href"] == "#cells"
    (policy,) = [a for a in tags.of("meta") if "http-equiv" in a]
    assert "default-src 'none'" in policy["content"]
    assert "script" not in policy["content"]


def test_tables_can_be_read_aloud():
    tags = Tags(page_of(evil_section()))
    assert {attrs["scope"] for attrs in tags.of("th")} == {"col", "row"}
    assert len(tags.of("caption")) == len(tags.of("table")) == 1
    assert tags.of("html") == [{"lang": "en"}]
    levels = [tag for tag, _ in tags.tags if tag in ("h1", "h2", "h3")]
    assert levels == ["h1", "h2", "h2"]


def test_fragments_have_no_names_that_could_clash():
    fragment = report_fragment("t", [], [evil_section()], [], "foot")
    tags = Tags(fragment)
    assert not [attrs for _, attrs in tags.tags if "id" in attrs]
    assert not tags.of("html")
    assert "No warnings" in fragment
    styles = fragment.split("<style>")[1].split("</style>")[0]
    rules = styles.replace("@media (prefers-color-scheme: dark) {", "").replace(
        "@media print {", ""
    )
    selectors = [rule.split("{")[0] for rule in rules.split("}") if "{" in rule]
    for selector in selectors:
        for one in selector.split(","):
            assert one.strip().startswith(".fairsample-report"), selector


def test_numbers_are_written_for_people():
    frame = pd.DataFrame(
        {"n": [1234567, 2], "share": [0.12345, np.nan], "small": [1e-5, 123.456]}
    ).assign(yes=[True, False], word=[None, "a"])
    section = ReportSection("s", "S")
    section.add_table("t", "T", frame)
    page = page_of(section)
    for shown in ("1,234,567", "0.123", "1.0e-05", ">123<", ">yes<", ">no<", ">a<"):
        assert shown in page, shown
    assert page.count("<td>–</td>") + page.count('<td class="number">–</td>') == 2


def test_long_tables_are_folded():
    section = ReportSection("s", "S")
    section.add_table("t", "Numbers", pd.DataFrame({"n": range(40)}))
    page = page_of(section)
    shown, folded = page.split("<details>")
    assert shown.count("<tr>") == 16
    assert folded.count("<tr>") == 26
    assert "the first 15 of 40" in page


def test_a_large_drawing_gives_way_to_its_png():
    assert DOT.address.startswith("data:image/svg+xml;base64,")
    large = ReportFigure("dot", "", b"x" * 500_000, b"png")
    assert large.address == "data:image/png;base64,cG5n"


def test_a_picture_that_fails_is_a_warning():
    section = ReportSection("s", "S")
    section.draw("broken", "", lambda: 1 / 0)
    assert section.figures == []
    assert section.warnings == [
        "The picture 'broken' could not be drawn: ZeroDivisionError: division by zero"
    ]


def test_files_are_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    write_whole(path, "old content")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half \ud800")
    assert path.read_text() == "old content"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError, match="no folder .*absent"):
        write_whole(tmp_path / "absent" / "page.html", "x")
    with pytest.raises(ValueError, match="is a folder"):
        write_whole(tmp_path, "x")


def test_pictures_are_the_same_bytes_and_leave_no_figure():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    def plot():
        figure, ax = plt.subplots()
        ax.set_xlabel("dose")
        return figure

    mine = plt.figure()
    open_before = plt.get_fignums()
    with matplotlib.rc_context({"text.color": "white", "axes.labelcolor": "white"}):
        dark = ReportFigure.draw("a", "", plot)
    assert plt.get_fignums() == open_before
    plt.close(mine)
    assert ReportFigure.draw("a", "", plot) == dark
