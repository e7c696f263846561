"""Codes of a table's columns as numbers that a linear model and trees can read."""

import numpy as np

__all__ = ["CodeFeatures"]

_MOST_INDICATORS = 30  # of a column of categories; rarer ones share the zero


class CodeFeatures:
    """Numbers for the codes of a `TableEncoder`, column by column.

    A column with an order gives its normal score, and an indicator where values are
    missing; a column of categories gives one indicator each, the rarest none.

    Parameters
    ----------
    tables : list of ndarray of shape (n_codes, n_numbers)
        For each column the numbers of each of its codes.
    """

    def __init__(self, tables):
        self.tables = tables

    @classmethod
    def of(cls, encoder, codes):
        """Make them for an encoder.

        Parameters
        ----------
        encoder : TableEncoder
            Fitted.
        codes : ndarray of int of shape (n, n_columns)
            Training rows, which tell how frequent categories are.

        Returns
        -------
        CodeFeatures
        """
        columns = zip(encoder.block_sizes_, encoder.level_values_, strict=True)
        return cls(
            [
                _indicators(np.bincount(codes[:, j], minlength=size))
                if scores is None
                else _scores(scores)
                for j, (size, scores) in enumerate(columns)
            ]
        )

    def read(self, codes, columns=None):
        """Give the numbers of some columns.

        Parameters
        ----------
        codes : ndarray of int of shape (n, n_columns)
            Codes of the first columns, or of all.
        columns : sequence of int, default=None
            Which of them to read; None reads all.

        Returns
        -------
        ndarray of shape (n, n_numbers)
            At least one number a row: an intercept where no column is given.
        """
        columns = range(codes.shape[1]) if columns is None else columns
        given = [self.tables[j][codes[:, j]] for j in columns]
        return np.hstack([*given, np.ones((len(codes), int(not given)))])


def _scores(scores):
    missing = np.isnan(scores)
    table = np.nan_to_num(scores)[:, None]
    return np.column_stack([table, missing]) if missing.any() else table


def _indicators(counts):
    table = np.eye(len(counts))
    commonest = np.argsort(-counts, kind="stable")[:_MOST_INDICATORS]
    return table[:, np.sort(commonest)]
