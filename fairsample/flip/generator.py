"""What a fit of FLIP learned: an engine, a network on top of it or not, a ledger."""

from typing import NamedTuple

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.network import FlipNetwork
from fairsample.flip.network_settings import NetworkSettings
from fairsample.flip.table_generator import TableGenerator

__all__ = ["FlipGenerator", "NetworkOptions"]


class NetworkOptions(NamedTuple):
    """How a network is trained.

    Attributes
    ----------
    fairness_weight : float
        λ, of the alignment.
    max_epochs : int or None
        Of the autoencoder.
    device : str
        Where torch works.
    seeds : tuple of int
        Of training and of alignment.
    memory : str, joblib.Memory or None
        Where trained networks are kept.
    callbacks : sequence of skorch callbacks
        Of both nets.
    verbose : int
        1 shows progress bars.
    """

    fairness_weight: float
    max_epochs: int | None
    device: str
    seeds: tuple
    memory: object = None
    callbacks: tuple = ()
    verbose: int = 0

    def train(self, frame, group, label):
        """Train autoencoder and diffusion, and align the groups: FlipNetwork."""
        shown = {"callbacks": self.callbacks, "verbose": self.verbose}
        network = FlipNetwork.fit(
            frame,
            group,
            label,
            settings=NetworkSettings(max_epochs=self.max_epochs, device=self.device),
            seed=self.seeds[0],
            memory=self.memory,
            **shown,
        )
        if self.fairness_weight > 0:
            network.align(
                frame, group, label, self.fairness_weight, seed=self.seeds[1], **shown
            )
        return network


class FlipGenerator:
    """Draw rows of any group and class.

    Parameters
    ----------
    engine : TableGenerator, GradientGenerator or None
        What was learned of the rows.
    network : FlipNetwork, default=None
        What rows come from, if it is there.
    ledger : PrivacyLedger, default=None
        What was paid; None where nothing is promised.
    """

    def __init__(self, engine, network=None, ledger=None):
        self.engine, self.network, self.ledger = engine, network, ledger

    @property
    def source(self):
        """What rows come from."""
        return self.network or self.engine

    @property
    def schema(self):
        """What the columns are: TableSchema."""
        if self.network is not None:
            return self.network.schema
        return self.engine.encoder.schema_

    @property
    def net(self):
        """The network's denoiser, a skorch net, or None."""
        return None if self.network is None else self.network.denoiser

    def draw(self, group, label, random_state):
        """Draw a row for each group and class, (n_rows,): DataFrame."""
        return self.source.draw(group, label, random_state)

    def state(self):
        """Give everything in types that `SavedToFolder` writes: dict."""
        parts = {"engine": self.engine, "network": self.network}
        state = {name: part and part.state() for name, part in parts.items()}
        state["engine_class"] = type(self.engine).__name__
        state["ledger"] = self.ledger and self.ledger.to_json()
        return state

    @classmethod
    def from_state(cls, state):
        """Rebuild a generator from `state`."""
        engine, network, ledger = (state[n] for n in ("engine", "network", "ledger"))
        return cls(
            engine and _engine_class(state["engine_class"]).from_state(engine),
            network and FlipNetwork.from_state(network),
            ledger and PrivacyLedger.from_json(ledger),
        )


def _engine_class(name):
    if name == TableGenerator.__name__:
        return TableGenerator
    from fairsample.flip.gradient_engine import GradientGenerator

    return GradientGenerator
