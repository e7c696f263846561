"""Save a resampler to a folder and load it, without pickle."""

import inspect
from dataclasses import fields
from importlib import import_module

from safetensors import numpy as safetensors
from sklearn import config_context
from sklearn.base import BaseEstimator

from fairsample import __version__
from fairsample.encoding.json_values import value_from_json, value_to_json
from fairsample.groups import Groups
from fairsample.messages import quote
from fairsample.saved_folder import read_folder, write_folder
from fairsample.table_form import TableForm
from fairsample.target_form import TargetForm

__all__ = ["SavedToFolder"]

ARRAYS = "arrays.safetensors"

# What scikit-learn's gradient boosting is made of, which skops does not list.
_TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]

# Public objects that parameters may be, made again of what `to_json` gives.
_DESCRIBED = {"TableDomain": "fairsample.flip"}

# Public objects that parameters may be, made again of their own parameters.
_RECIPES = {
    "ConditionalChain": "fairsample.causal",
    "HuggingFaceLM": "fairsample.causal",
    "OpenAICompatible": "fairsample.causal",
    "ScratchLanguageModel": "fairsample.causal",
    "StandardFairnessModel": "fairsample.causal",
}
_RECORDS = {record.__name__: record for record in (Groups, TableForm, TargetForm)}


class SavedToFolder:
    """Save an estimator to a folder and load it, without pickle.

    Everything that `vars` holds is written: JSON for what can be read, safetensors for
    numbers, skops for scikit-learn estimators. An estimator with an attribute of
    another type says in `_fitted_state` and `_restore_fitted` how it is written.
    """

    def save(self, folder):
        """Write the resampler to a folder, fitted or not, without pickle.

        The folder holds a JSON file, the numbers in safetensors, and scikit-learn
        estimators in the format of skops. Parameters that are code (callables,
        callbacks) are recorded by name only: `load` has to be given them again. A
        folder that was saved before is replaced, in one step at the end.

        What is saved tells about the data: counts, categories and bounds of columns,
        and, of resamplers that copy rows, the rows themselves.

        Parameters
        ----------
        folder : str or path
            A new folder, an empty one, or one that was saved before.

        Raises
        ------
        ValueError
            If `folder` holds files of others, or an attribute has a type that cannot
            be written. The message names it.
        ImportError
            If there are scikit-learn estimators to save and skops is not installed.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> from fairsample import GroupRandomOverSampler
        >>> X = pd.DataFrame({"sex": ["F"] * 60 + ["M"] * 60, "age": range(120)})
        >>> y = [0] * 50 + [1] * 10 + [0] * 40 + [1] * 20
        >>> resampler = GroupRandomOverSampler("sex", random_state=0).fit(X, y)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     resampler.save(folder)
        ...     loaded = GroupRandomOverSampler.load(folder)
        >>> loaded.sample(5)[0].equals(resampler.sample(5)[0])
        True
        """
        parts = _Parts()
        parameters, given_again = {}, {}
        for name, value in self.get_params(deep=False).items():
            try:
                parameters[name] = parts.write(value, name)
            except ValueError:
                given_again[name] = _described(value)
        state = {}
        for name, value in self._fitted_state().items():
            try:
                state[name] = parts.write(value, name)
            except ValueError as error:
                raise ValueError(f"{name} cannot be saved. {error}") from error
        index = {
            "fairsample": __version__,
            "class": type(self).__qualname__,
            "parameters": parameters,
            "given_again": given_again,
            "metadata_requests": _metadata_requests(self),
            "state": state,
        }
        write_folder(folder, index, parts.to_files())

    @classmethod
    def load(cls, folder, **parameters):
        """Read a resampler that `save` wrote.

        It samples what the saved one would have sampled next.

        Parameters
        ----------
        folder : str or path
            The folder.
        **parameters : dict
            The parameters that were not saved, since they are code, as in
            ``FairSynthResampler.load(folder, objective=my_loss)``.

        Returns
        -------
        resampler : object
            With the parameters and fitted attributes that were saved.

        Raises
        ------
        ValueError
            If the folder holds no resampler, one of another class or of a newer
            format, or is damaged; if a parameter that was not saved is not given, or
            another one is.
        ImportError
            If scikit-learn estimators were saved and skops is not installed.

        Examples
        --------
        >>> import tempfile
        >>> from fairsample import GroupRandomOverSampler
        >>> by_sex = GroupRandomOverSampler(lambda X: X["sex"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     by_sex.save(folder)
        ...     GroupRandomOverSampler.load(folder)
        Traceback (most recent call last):
        ...
        ValueError: Parameters that are code were not saved: sensitive_features ...
        """
        index, files = read_folder(folder)
        if index["class"] != cls.__qualname__:
            raise ValueError(
                f"{str(folder)!r} holds a {index['class']}, not a {cls.__qualname__}. "
                f"Use {index['class']}.load."
            )
        _check_given_again(cls, folder, parameters, index["given_again"])
        parts = _Parts.from_files(files)
        for name, stored in index["parameters"].items():
            parameters[name] = parts.read(stored)
        _check_known(cls, folder, parameters, index["fairsample"])
        resampler = cls(**parameters)
        for method, requests in index["metadata_requests"].items():
            with config_context(enable_metadata_routing=True):
                getattr(resampler, f"set_{method}_request")(**requests)
        state = {name: parts.read(stored) for name, stored in index["state"].items()}
        resampler._restore_fitted(state)
        return resampler

    def _fitted_state(self):
        """Return everything but the parameters, in types that can be written.

        Returns
        -------
        state : dict of str to object
            Scalars, containers, arrays, frames and scikit-learn estimators.
        """
        others = {*self.get_params(deep=False), "_metadata_request"}
        return {name: value for name, value in vars(self).items() if name not in others}

    def _restore_fitted(self, state):
        """Take over what `_fitted_state` returned.

        Parameters
        ----------
        state : dict of str to object
            The same values, read back.
        """
        vars(self).update(state)


class _Parts:
    """Parameters and attributes as JSON values, arrays and skops files."""

    def __init__(self, arrays=None, estimators=None):
        self.arrays = arrays or {}
        self.estimators = estimators or {}

    def write(self, value, name):
        """Return the JSON value of a part, and keep what stands beside it."""
        kind = type(value).__name__
        if kind in _RECIPES:
            arrays = {}
            given = value.to_json() if hasattr(value, "to_json") else value.get_params()
            stored = {kind: value_to_json(given, arrays, name)}
            self.arrays |= arrays
            return stored
        if isinstance(value, BaseEstimator):
            self.estimators[f"{name}.skops"] = _estimator_to_bytes(value)
            return {"skops": f"{name}.skops"}
        if kind in _DESCRIBED:
            return {kind: value.to_json()}
        arrays = {}
        if type(value) in _RECORDS.values():
            record = {entry.name: getattr(value, entry.name) for entry in fields(value)}
            stored = {kind: value_to_json(record, arrays, name)}
        else:
            stored = value_to_json(value, arrays, name)
        self.arrays |= arrays
        return stored

    def read(self, stored):
        """Return the part that a JSON value stands for."""
        tag = next(iter(stored), None) if isinstance(stored, dict) else None
        if tag == "skops":
            return _skops().loads(self.estimators[stored[tag]], trusted=_TRUSTED)
        if tag in _RECIPES:
            made = getattr(import_module(_RECIPES[tag]), tag)
            return made(**value_from_json(stored[tag], self.arrays))
        if tag in _DESCRIBED:
            return getattr(import_module(_DESCRIBED[tag]), tag)(stored[tag])
        if tag in _RECORDS:
            return _RECORDS[tag](**value_from_json(stored[tag], self.arrays))
        return value_from_json(stored, self.arrays)

    def to_files(self):
        """Return the contents of the files, by name."""
        return {ARRAYS: safetensors.save(self.arrays), **self.estimators}

    @classmethod
    def from_files(cls, files):
        """Read the contents of the files."""
        return cls(safetensors.load(files[ARRAYS]), files)


def _estimator_to_bytes(estimator):
    skops = _skops()
    try:
        content = skops.dumps(estimator)
        untrusted = skops.get_untrusted_types(data=content)
    except TypeError as error:
        raise ValueError(f"skops cannot write it: {error}") from error
    untrusted = sorted(set(untrusted) - set(_TRUSTED))
    if untrusted:
        raise ValueError(f"It holds types that skops does not trust: {untrusted}.")
    return content


def _skops():
    try:
        import skops.io
    except ImportError as error:
        raise ImportError(
            "Saving and loading scikit-learn estimators needs skops: "
            "pip install 'fairsample-synth[persist]'."
        ) from error
    return skops.io


def _described(value):
    """Name the code that a parameter is."""
    if isinstance(value, list):
        return f"[{', '.join(map(_described, value))}]"
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def _check_given_again(cls, folder, given, wanted):
    unwanted = [name for name in given if name not in wanted]
    if unwanted:
        raise ValueError(
            f"{', '.join(unwanted)}: load takes the parameters that were not saved, "
            f"here {quote(wanted) or 'none'}. Change others with set_params."
        )
    missing = [name for name in wanted if name not in given]
    if missing:
        which = ", ".join(f"{name} ({wanted[name]})" for name in missing)
        call = ", ".join(f"{name}=..." for name in missing)
        raise ValueError(
            f"Parameters that are code were not saved: {which}. Give them again: "
            f"{cls.__qualname__}.load({str(folder)!r}, {call})."
        )


def _check_known(cls, folder, parameters, version):
    known = inspect.signature(cls).parameters
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise ValueError(
            f"{str(folder)!r} was saved by fairsample {version}, where "
            f"{cls.__qualname__} has the parameters {quote(unknown)}. Load it with "
            "that version."
        )


def _metadata_requests(estimator):
    """Return what was asked of metadata routing by the set_..._request methods."""
    if not hasattr(estimator, "_metadata_request"):
        return {}
    routing = estimator.get_metadata_routing()
    return {
        method: dict(getattr(routing, method).requests)
        for method in ("fit", "fit_resample")
    }
