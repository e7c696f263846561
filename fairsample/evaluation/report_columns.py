"""The section of a report on columns, one by one and in pairs."""

import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.evaluation.plain_table import plain_tables
from fairsample.evaluation.report_columns_drawing import draw_columns
from fairsample.evaluation.report_section import ReportSection
from fairsample.messages import quote
from fairsample.metrics.table_classifiers import classifier_two_sample_test
from fairsample.metrics.table_columns import read_columns
from fairsample.metrics.table_fidelity import column_shapes, pair_trends

__all__ = ["columns_section", "rows_alike"]

MOST_ROWS = 10_000  # of each table that are compared
_FEWEST_ROWS = 10
_MOST_PAIRED = 30  # columns, of which all pairs are compared
_MOST_DRAWN = 24
_KOLMOGOROV = 1.36  # what chance exceeds once in twenty samples
_POOR_SHAPE = 0.1  # below what real rows reach
_TOLD_APART = 0.2


def columns_section(table, *, seed=0):
    """Compare the columns of synthetic rows with those of real ones.

    Parameters
    ----------
    table : AugmentedTable
        The rows.
    seed : int, default=0
        What draws rows.

    Returns
    -------
    ReportSection or None
        None where there are no columns but sensitive ones and visits.
    """
    visits = table.columns_of_visits()
    names = [
        name
        for name in table.real.X.columns
        if name not in [*visits, *table.groups.names]
    ]
    if not names:
        return None
    section = ReportSection("columns", "Columns and pairs")
    parts = rows_alike(table, section, seed)
    held_out, train, synthetic = (_with_cells(table, part) for part in parts)
    shapes = _compare_shapes(section, [held_out, train, synthetic], names)
    section.draw(
        "columns",
        "Distributions of columns of real and of synthetic rows, a panel for each.",
        lambda: draw_columns(held_out, synthetic, list(shapes.index[:_MOST_DRAWN])),
    )
    if len(shapes) > _MOST_DRAWN:
        section.text.append(
            f"The {_MOST_DRAWN} columns that agree least are drawn, of {len(shapes)}."
        )
    cells = [name for name in held_out if name not in [*visits, *names]]
    if len(shapes) > _MOST_PAIRED:
        section.text.append(
            f"Pairs are those of the {_MOST_PAIRED} columns that agree least."
        )
    _compare_pairs(
        section, [held_out, train, synthetic], shapes.index[:_MOST_PAIRED], cells
    )
    _tell_apart(section, [part.X for part in parts], visits, seed)
    return section


def rows_alike(table, section, seed):
    """Draw held-out real, training and synthetic rows, as many of each cell.

    Returns
    -------
    list of TablePart
        Held-out real rows, other real rows, and synthetic ones.

    Raises
    ------
    ValueError
        When there are too few rows to compare.
    """
    parts = table.test, table.train, table.synthetic
    drawn = table.alike(*parts, most=MOST_ROWS, seed=seed)
    if len(drawn[0]) < _FEWEST_ROWS:
        raise ValueError(
            f"held-out real rows and synthetic ones have {len(drawn[0])} rows of the "
            f"same groups and classes, and a comparison needs {_FEWEST_ROWS}"
        )
    section.text.append(
        f"{len(drawn[0]):,} synthetic rows are compared with as many held-out real "
        "ones of the same groups and classes, since a plan adds rows to some of them "
        "only. Beside it stands what as many other real rows reach."
    )
    return drawn


def _with_cells(table, part):
    """Put class and groups beside the features, where their names are free."""
    columns = {table.target: table.y(part)}
    values = pd.DataFrame(table.sensitive(part))
    columns |= {name: values[name].to_numpy() for name in values}
    free = {name: one for name, one in columns.items() if name not in part.X.columns}
    return part.X.assign(**{str(name): one for name, one in free.items()})


def _compare_shapes(section, tables, names):
    tables = [one[names] for one in tables]
    numeric = _numbers(tables[0])
    shapes = column_shapes(tables[0], tables[2], numeric_features=numeric)
    reached = column_shapes(tables[0], tables[1], numeric_features=numeric)
    shapes.insert(1, "real", reached["score"])
    shapes = shapes.rename(
        columns={"score": "synthetic", "missing_similarity": "missing values alike"}
    )
    shapes = shapes.sort_values("synthetic", kind="stable")
    section.add_table(
        "columns", "Agreement of each column; 1 is the same distribution", shapes
    )
    for name, row in zip(shapes.index, shapes.itertuples(), strict=True):
        section.find(name, row.metric, real=row.real, synthetic=row.synthetic)
    mean = shapes[["real", "synthetic"]].mean()
    section.find("all columns", "mean shape", **mean)
    section.headlines.append(
        ("Column agreement (real rows)", "{synthetic:.3f} ({real:.3f})".format(**mean))
    )
    chance = _KOLMOGOROV * np.sqrt(2 / len(tables[0]))
    poor = shapes.index[
        (shapes["real"] - shapes["synthetic"] > _POOR_SHAPE)
        & (1 - shapes["synthetic"] > chance)
    ]
    if len(poor):
        section.warnings.append(
            f"Columns distributed otherwise than among real rows: {quote(poor)}."
        )
    return shapes


def _compare_pairs(section, tables, names, cells):
    """Compare pairs of columns; those of groups and classes are as many by design."""
    tables = [one[[*names, *cells]] for one in tables]
    numeric = _numbers(tables[0])
    with warnings.catch_warnings():  # constant columns are told of elsewhere
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        trends = pair_trends(tables[0], tables[2], numeric_features=numeric)
        reached = pair_trends(tables[0], tables[1], numeric_features=numeric)
    trends.insert(1, "real", reached["score"])
    trends = trends[~trends.index.to_frame().isin(cells).all(axis=1)]
    trends = trends.rename(columns={"score": "synthetic"}).sort_values(
        "synthetic", kind="stable"
    )
    section.add_table("pairs", "Agreement of pairs of columns, worst first", trends)
    for pair, row in zip(trends.index, trends.itertuples(), strict=True):
        section.find(
            " × ".join(map(str, pair)),
            row.metric,
            real=row.real,
            synthetic=row.synthetic,
        )
    mean = trends[["real", "synthetic"]].mean()
    section.find("all pairs", "mean trend", **mean)
    section.headlines.append(
        ("Pair agreement (real rows)", "{synthetic:.3f} ({real:.3f})".format(**mean))
    )


def _tell_apart(section, frames, visits, seed):
    held_out, train, synthetic = plain_tables(*frames, visits=visits)
    told = held_out.notna().any()  # boosting reads no column without a value
    held_out = held_out.loc[:, told]
    scores = {
        side: classifier_two_sample_test(
            held_out, one[held_out.columns], random_state=seed
        )
        for side, one in {"real": train, "synthetic": synthetic}.items()
    }
    section.find("all columns", "classifier two-sample test", **scores)
    section.text.append(
        "Boosted trees that try to tell synthetic rows from real ones score "
        f"{scores['synthetic']:.3f}, where 1 is being unable to and 0 perfection; "
        f"other real rows score {scores['real']:.3f}."
    )
    if scores["synthetic"] < _TOLD_APART:
        section.warnings.append(
            "Synthetic rows are told from real ones almost without fail: some column, "
            "or some combination of columns, gives them away."
        )


def _numbers(frame):
    """Decide once what is a number, by the held-out rows."""
    return [one.name for one in read_columns(None, real=frame) if one.is_number]
