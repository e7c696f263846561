"""What a trained skorch net learned, as arrays, and back."""

import torch
from skorch.history import History

from fairsample.training.seeding import seeded

__all__ = ["net_state", "restore_net"]

SETTINGS = ("lr", "batch_size", "max_epochs")


def net_state(net):
    """Give what a net learned, and how it was trained.

    Parameters
    ----------
    net : skorch.NeuralNet
        A fitted net.

    Returns
    -------
    dict
        ``weights`` (dict of name to ndarray, buffers too), ``history`` (list of a dict
        for each epoch) and ``settings`` (``lr``, ``batch_size``, ``max_epochs``).

    See Also
    --------
    restore_net : The way back.

    Examples
    --------
    >>> import torch
    >>> from skorch import NeuralNetRegressor
    >>> from fairsample.training.net_state import net_state, restore_net
    >>> net = NeuralNetRegressor(torch.nn.Linear, module__in_features=1,
    ...     module__out_features=1).initialize()
    >>> state = net_state(net)
    >>> sorted(state["weights"])
    ['bias', 'weight']
    """
    weights = net.module_.state_dict()
    return {
        "weights": {name: tensor.numpy(force=True) for name, tensor in weights.items()},
        "history": net.history.to_list(),
        "settings": {name: getattr(net, name) for name in SETTINGS},
    }


def restore_net(net, state):
    """Initialise a net and give it what another one learned.

    Optimizer and callbacks start anew, torch's global generators are left alone.

    Parameters
    ----------
    net : skorch.NeuralNet
        A net of the same sizes; it is changed.
    state : dict
        What `net_state` gave.

    Returns
    -------
    skorch.NeuralNet
        The same net.

    Examples
    --------
    >>> import torch
    >>> from skorch import NeuralNetRegressor
    >>> from fairsample.training.net_state import net_state, restore_net
    >>> def make_net():
    ...     return NeuralNetRegressor(torch.nn.Linear, module__in_features=1,
    ...         module__out_features=1)
    >>> net = make_net().initialize()
    >>> again = restore_net(make_net(), net_state(net))
    >>> bool(again.module_.weight == net.module_.weight)
    True
    """
    net.set_params(**state["settings"])
    with seeded(0, net.device):
        net.initialize()
    weights = {
        name: torch.from_numpy(array) for name, array in state["weights"].items()
    }
    net.module_.load_state_dict(weights)
    net.history_ = History(state["history"])
    return net
