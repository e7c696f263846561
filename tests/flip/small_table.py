"""A table of mixed columns that depend on the group as known, and tiny networks."""

import numpy as np
import pandas as pd

from fairsample.flip.network import FlipNetwork
from fairsample.flip.network_settings import NetworkSettings

TINY = NetworkSettings(
    width=8,
    n_latents=2,
    n_heads=2,
    units_per_column=8,
    hidden=16,
    n_blocks=1,
    batch_size=64,
    max_epochs=2,
    denoiser_epochs=2,
    fairness_epochs=1,
    n_steps=4,
)

SMALL = TINY._replace(
    width=16,
    n_heads=4,
    n_latents=3,
    units_per_column=16,
    hidden=64,
    n_blocks=2,
    max_epochs=20,
    denoiser_epochs=40,
    fairness_epochs=4,
    n_steps=12,
)


def mixed_table(n=300, seed=0):
    """Frame, group and label: `club` follows the group, `grade` the label."""
    rng = np.random.RandomState(seed)
    group, label = rng.randint(0, 2, n), (rng.rand(n) < 0.3).astype(int)
    same = rng.rand(n) < 0.9
    frame = pd.DataFrame(
        {
            "sex": np.array(["F", "M"])[group],
            "club": pd.Categorical(np.where(group == same, "x", "y"), ["x", "y", "z"]),
            "grade": pd.array(rng.poisson(2 + 6 * label), dtype="Int64"),
            "score": rng.normal(size=n).astype(np.float32),
            "gain": np.where(rng.rand(n) < 0.8, 0, rng.randint(100, 999, n)),
            "member": rng.rand(n) < 0.5,
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.randint(0, 900, n), unit="D"),
        }
    )
    frame.loc[rng.rand(n) < 0.2, ["grade", "score"]] = None
    return frame, group, label


def fit_network(settings=TINY, n=300, **options):
    """A network, and what it was fitted to."""
    table = mixed_table(n)
    options = {"seed": 0, **options}
    return FlipNetwork.fit(*table, settings=settings, **options), table
