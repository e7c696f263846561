"""What private rows say to the noise, and the same answers given once more.

A mechanism is private by what it adds noise to.  A `Transcript` stands in for the
noise: it writes down every exact sum that noise is added to, and what came out.  Run on
a neighbouring table it can answer as it did before; then the sums may differ by no more
than the ledger says, and nothing else may differ at all.
"""

import numpy as np

__all__ = ["Transcript", "privacy_loss", "spent_on"]

NEVER_LISTED = -np.inf


class Transcript:
    """Noise that writes down what it hides.

    Parameters
    ----------
    source : object with `normal`
        Where noise comes from, unless it is `again`.
    again : Transcript, default=None
        A former run, whose results are released once more.
    """

    def __init__(self, source=None, again=None):
        self.source, self.again = source, again
        self.n_asked, self.exact, self.stds, self.released = 0, [], [], []

    def normal(self, shape, std):
        """Draw noise: it may be added to one exact sum and be used for nothing else."""
        self.n_asked += 1
        return Draw(self, shape, std)

    def release(self, exact, draw):
        """Answer a question, and write down question and answer."""
        if self.again is None:
            released = exact + self.source.normal(draw.shape, draw.std).reshape(
                exact.shape
            )
        else:
            released = self._former_answer(exact)
        self.exact.append(exact)
        self.stds.append(float(draw.std))
        self.released.append(released)
        return released

    def _former_answer(self, exact):
        number = len(self.exact)
        assert number < len(self.again.exact), "A neighbour makes one more release."
        asked, released = self.again.exact[number], self.again.released[number]
        if exact.shape == asked.shape:
            return released
        return _answer_to_a_list(exact, asked, released)


class Draw:
    """Noise that waits to be added."""

    def __init__(self, transcript, shape, std):
        self.transcript, self.shape, self.std = transcript, shape, std

    def __getitem__(self, place):
        """Take the one draw there is."""
        assert self.shape in (1, (1,)) and place == 0
        return self

    def __array_ufunc__(self, ufunc, method, *inputs, out=None):
        """Take part in additions only."""
        if ufunc is not np.add or method != "__call__":
            return NotImplemented
        (exact,) = (one for one in inputs if one is not self)
        released = self.transcript.release(np.array(exact, dtype=float), self)
        if out is None:
            return released
        out[0][...] = released
        return out[0]


def _answer_to_a_list(exact, asked, released):
    """Answer a count of the values that occur, of which one occurs in one row only."""
    longer, shorter = sorted([exact, asked], key=len, reverse=True)
    assert len(longer) == len(shorter) + 1, "Neighbours differ by several values."
    alone = [
        place
        for place in np.flatnonzero(longer == 1)
        if np.array_equal(np.delete(longer, place), shorter)
    ]
    assert alone, "A row changes what is counted of others."
    if longer is asked:
        return np.delete(released, alone[0])
    return np.insert(released, alone[0], NEVER_LISTED)


def spent_on(first, second):
    """Give the sum over all releases of squared distance over squared noise.

    Parameters
    ----------
    first, second : Transcript
        Of neighbouring tables, of which one answers as the other.

    Returns
    -------
    float
        At most `mu_squared` of the ledger.
    """
    assert first.n_asked == len(first.exact), "Noise was drawn and not added."
    assert first.stds == second.stds, "The noise depends on the rows."
    return sum(
        float(np.square(one - other).sum()) / std**2
        for one, other, std in zip(first.exact, second.exact, first.stds, strict=True)
        if one.shape == other.shape
    )


def privacy_loss(observed, other):
    """Give how much likelier what was released is under the other's rows.

    Parameters
    ----------
    observed : Transcript
        A run.
    other : Transcript
        A run on the neighbouring table that answers in the same way.

    Returns
    -------
    float
        The logarithm of the ratio of likelihoods.
    """
    runs = zip(
        observed.released, observed.exact, other.exact, observed.stds, strict=True
    )
    return sum(
        float((np.square(seen - own) - np.square(seen - others)).sum()) / (2 * std**2)
        for seen, own, others, std in runs
        if own.shape == others.shape
    )
