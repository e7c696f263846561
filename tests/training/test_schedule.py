"""What the callbacks do to the learning rate, and to a net that gets worse."""

import numpy as np
import pytest
import torch
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback

from fairsample.training.schedule import one_cycle, progress, stop_early
from fairsample.training.seeding import seeded


class Rates(Callback):
    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.seen.append(net.optimizer_.param_groups[0]["lr"])

    def on_train_begin(self, net, **kwargs):
        self.seen = []


def make_net(*callbacks, **options):
    return NeuralNetRegressor(
        torch.nn.Linear,
        module__in_features=1,
        module__out_features=1,
        callbacks=list(callbacks),
        verbose=0,
        **options,
    )


def test_one_cycle_rises_to_the_highest_rate_and_falls_to_nothing():
    x = np.ones((40, 1), dtype=np.float32)
    net = make_net(
        ("rates", Rates()),
        one_cycle(0.5, n_steps=40),
        max_epochs=10,
        batch_size=10,
        train_split=None,
    )
    with seeded(0):
        net.fit(x, x)
    rates = dict(net.callbacks_)["rates"].seen
    top = int(np.argmax(rates))
    assert len(rates) == 40
    assert max(rates) == pytest.approx(0.5, rel=0.02)
    assert (np.diff(rates[: top + 1]) > 0).all() and (np.diff(rates[top:]) < 0).all()
    assert rates[-1] < 0.01


def test_a_net_that_gets_worse_is_stopped_and_taken_back():
    x = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]
    stopped = make_net(stop_early(3), max_epochs=50, lr=2.0)  # diverges
    with seeded(0):
        stopped.fit(x, x)
    losses = stopped.history[:, "valid_loss"]
    n_best = int(np.argmin(losses)) + 1
    assert len(losses) == n_best + 3
    best = make_net(max_epochs=n_best, lr=2.0)
    with seeded(0):
        best.fit(x, x)
    assert stopped.module_.weight.equal(best.module_.weight)


def test_a_bar_is_shown_only_where_asked_for():
    assert progress(0) == []
    ((name, _),) = progress(1)
    assert name == "progress"
