"""Read what a display has drawn."""

import numpy as np


def xy(container):
    """Points of an errorbar container: (n_points, 2)."""
    return np.column_stack(container.lines[0].get_data(orig=False))


def bar_lengths(container):
    """Half the length of each bar, horizontal and vertical ones."""
    return [
        [np.ptp(segment, axis=0).max() / 2 for segment in bars.get_segments()]
        for bars in container.lines[2]
    ]
