"""One generator, fitted and sampled in a process of its own, in any environment.

Nothing but pandas is imported before the generator itself, so that the environments of
peers need not have fairsample.
"""

import json
import resource
import sys
import time

import pandas as pd

__all__ = ["main"]


def main(arguments):
    """Fit and sample; print seconds and gigabytes as JSON.

    Parameters
    ----------
    arguments : list of str
        The generator, the rows to read, the file to write, and the settings as JSON.
    """
    name, source, target_file, settings = arguments
    settings = json.loads(settings)
    frame = pd.read_parquet(source)
    fit = GENERATORS[name]
    start = time.perf_counter(), time.process_time()
    sample = fit(frame, settings)
    fitted = time.perf_counter(), time.process_time()
    rows = sample(len(frame))
    drawn = time.perf_counter(), time.process_time()
    if rows is not None:
        rows.to_parquet(target_file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {
        "fit": fitted[0] - start[0],
        "fit_cpu": fitted[1] - start[1],
        "sample": drawn[0] - fitted[0],
        "sample_cpu": drawn[1] - fitted[1],
        "peak": peak * (1 if sys.platform == "darwin" else 1024) / 1e9,
    }
    print("RESULT " + json.dumps(result))


def _resampler(make):
    """Fit one of ours; rows come from `sample`."""

    def fit(frame, settings):
        resampler = make(settings)
        X, y = frame.drop(columns="outcome"), frame["outcome"]
        resampler.fit(X, y)

        def sample(n):
            X_new, y_new = resampler.sample(n, random_state=0)
            return X_new.assign(outcome=y_new.to_numpy())

        return sample

    return fit


def _copies(settings):
    from fairsample import GroupRandomOverSampler

    return GroupRandomOverSampler("group", random_state=0)


def _fairsynth(settings):
    from fairsample import FairSynthResampler

    return FairSynthResampler("group", random_state=0, **settings)


def _flip(settings):
    from fairsample import FlipResampler

    return FlipResampler("group", random_state=0, **settings)


def _causal(llm):
    def make(settings):
        from fairsample import CausalLLMResampler, StandardFairnessModel

        columns = settings.pop("columns")
        model = StandardFairnessModel(
            sensitive="group",
            mediators=[name for name in columns if name not in ("group", "outcome")],
            baseline="a",
            comparison="b",
        )
        return CausalLLMResampler(
            fairness_model=model, llm=llm, random_state=0, **settings
        )

    return make


def _smotenc(frame, settings):
    """imbalanced-learn's SMOTENC: as many rows as there are, class by class."""
    from imblearn.over_sampling import SMOTENC

    X, y = frame.drop(columns="outcome"), frame["outcome"]
    counts = y.value_counts()
    doubled = {label: 2 * int(n) for label, n in counts.items()}
    categories = [name for name in X if X[name].dtype.kind not in "if"]

    def sample(n):
        sampler = SMOTENC(categories, sampling_strategy=doubled, random_state=0)
        X_new, y_new = sampler.fit_resample(X, y)
        return X_new.assign(outcome=y_new).iloc[len(X) :].reset_index(drop=True)

    return sample


def _ctgan(which):
    def fit(frame, settings):
        import ctgan

        discrete = [n for n in frame if frame[n].dtype.kind not in "f"]
        model = getattr(ctgan, which)(**settings)
        model.fit(frame, discrete)
        return model.sample

    return fit


def _tabular_argn(frame, settings):
    from mostlyai.engine import TabularARGN

    model = TabularARGN(random_state=0, verbose=0, value_protection=False, **settings)
    model.fit(frame)
    return model.sample


GENERATORS = {
    "copies": _resampler(_copies),
    "FairSynth": _resampler(_fairsynth),
    "FLIP": _resampler(_flip),
    "causal, chain": _resampler(_causal("chain")),
    "causal, scratch": _resampler(_causal("scratch")),
    "SMOTENC": _smotenc,
    "TVAE": _ctgan("TVAE"),
    "CTGAN": _ctgan("CTGAN"),
    "TabularARGN": _tabular_argn,
}
