"""The resampler that a command line asks for."""

from pathlib import Path

from fairsample.commands.input_records import named_value
from fairsample.messages import quote

__all__ = [
    "METHODS",
    "add_method_arguments",
    "add_model_arguments",
    "check_options",
    "fairness_model",
    "make_resampler",
]

METHODS = ("fairsynth", "flip", "causal", "copies")
_OF_MODELS = ("confounders", "mediators", "baseline", "comparison")
_OF_METHODS = {
    "fairness_weight": ("fairsynth", "flip", "causal"),
    "epsilon": ("flip",),
    "delta": ("flip",),
    "domain": ("flip",),
    "llm": ("causal",),
    "pathways": ("causal",),
    **dict.fromkeys(_OF_MODELS, ("causal",)),
}
_MOST_ROWS = 10**9


def add_method_arguments(parser):
    """Declare the parameters of the methods."""
    parser.add_argument("--fairness-weight", type=float, metavar="λ")
    parser.add_argument(
        "--sampling-strategy", metavar="PLAN", help='such as "cells" or "groups"'
    )
    parser.add_argument("--n-synthetic", type=int, metavar="ROWS")
    parser.add_argument(
        "--epsilon", help='privacy budget of flip; "none" is no privacy (default: 2)'
    )
    parser.add_argument("--delta", type=float)
    parser.add_argument("--domain", help="JSON file with the public domain, for flip")
    parser.add_argument("--llm", choices=("auto", "scratch", "chain"), help="of causal")
    parser.add_argument("--pathways", help="what causal removes, joined by commas")
    parser.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="any other parameter of the resampler, such as max_epochs=5",
    )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")


def add_model_arguments(parser):
    """Declare the roles of a Standard Fairness Model."""
    parser.add_argument("--confounders", metavar="COLUMNS", help="joined by commas")
    parser.add_argument(
        "--mediators",
        metavar="COLUMNS",
        help="joined by commas (default: all columns without a role)",
    )
    parser.add_argument(
        "--baseline",
        metavar="LEVEL",
        help="group to compare with (default: the largest of more than two)",
    )
    parser.add_argument("--comparison", metavar="LEVEL", help="a level, each or rest")


def check_options(methods, given):
    """Refuse options that none of the methods has.

    Parameters
    ----------
    methods : sequence of str
        The methods.
    given : Namespace
        With what `add_method_arguments` and `add_model_arguments` declare.

    Raises
    ------
    ValueError
        If there is such an option, or more rows are asked for than can be made.
    FileNotFoundError
        If the file of the domain is not there.
    """
    for option, takers in _OF_METHODS.items():
        if getattr(given, option) is not None and not set(takers) & set(methods):
            name = option.replace("_", "-")
            raise ValueError(f"--{name} is for --method {takers[0]}. Leave it out.")
    if given.domain is not None and not Path(given.domain).is_file():
        raise FileNotFoundError(f"--domain: there is no file {given.domain!r}.")
    if given.n_synthetic is not None and not 0 <= given.n_synthetic <= _MOST_ROWS:
        raise ValueError(
            f"--n-synthetic {given.n_synthetic} must lie between 0 and {_MOST_ROWS:,}."
        )


def make_resampler(method, given, records):
    """Make a resampler.

    Parameters
    ----------
    method : {"fairsynth", "flip", "causal", "copies"}
        Which one.
    given : Namespace
        With what `add_method_arguments` and `add_model_arguments` declare.
    records : Records
        What it will be fitted to.

    Returns
    -------
    resampler

    Raises
    ------
    ValueError
        If the resampler has no such parameter.
    """
    resampler = _classes(method)(**_parameters(method, given, records))
    more = dict(map(named_value, given.set or []))
    unknown = [name for name in more if name not in resampler.get_params(deep=False)]
    if unknown:
        raise ValueError(
            f"--set names {quote(unknown)}; the parameters of "
            f"{type(resampler).__name__} are "
            f"{quote(resampler.get_params(deep=False), limit=40)}."
        )
    return resampler.set_params(**more)


def _parameters(method, given, records):
    parameters = {
        "sensitive_features": records.sensitive,
        "sampling_strategy": _number_or_text(given.sampling_strategy),
        "n_synthetic": given.n_synthetic,
        "random_state": given.seed,
    }
    if method != "copies":
        parameters["fairness_weight"] = given.fairness_weight
        parameters["verbose"] = 0 if given.quiet else 1
    if method == "flip":
        parameters |= {"delta": given.delta, "domain": given.domain}
        if given.sampling_strategy is None and given.n_synthetic is None:
            parameters["n_synthetic"] = 0  # a release has the rates of the table
    if method == "causal":
        parameters["llm"] = given.llm
        if given.pathways is not None:
            parameters["pathways"] = tuple(given.pathways.split(","))
        if any(getattr(given, option) is not None for option in _OF_MODELS):
            parameters["fairness_model"] = fairness_model(given, records)
    chosen = {name: value for name, value in parameters.items() if value is not None}
    if method == "flip" and given.epsilon is not None:
        chosen["epsilon"] = _epsilon(given.epsilon)
    return chosen


def fairness_model(given, records):
    """State the fairness model that the command line describes."""
    from fairsample.causal import StandardFairnessModel

    groups = records.X[records.sensitive]
    baseline, comparison = _compared(given, groups)
    confounders = _names(given.confounders)
    placed = {*confounders, *records.sensitive_columns}
    others = [name for name in records.X if name not in placed]
    return StandardFairnessModel(
        sensitive=records.sensitive,
        confounders=confounders,
        mediators=others if given.mediators is None else _names(given.mediators),
        outcome=records.y.name,
        baseline=baseline,
        comparison=comparison,
    )


def _compared(given, groups):
    """Return the levels to compare: each other with the largest, if none is named."""
    baseline, comparison = (
        _level(text, groups) for text in (given.baseline, given.comparison)
    )
    counts = groups.value_counts()
    if len(counts) > 2:
        baseline = counts.index[0] if baseline is None else baseline
        comparison = "each" if comparison is None else comparison
    return baseline, comparison


def _names(text):
    return text.split(",") if text else []


def _level(text, groups):
    """Return the level that a text names: a number where the groups are numbers."""
    if text is None or text in ("each", "rest"):
        return text
    if groups.ndim > 1:
        parts = text.split(",")
        if len(parts) != groups.shape[1]:
            raise ValueError(
                f"{text!r} is no level of {quote(groups.columns)}: give one value for "
                "each of them, joined by commas."
            )
        pairs = zip(parts, groups, strict=True)
        return tuple(_level(part, groups[name]) for part, name in pairs)
    known = {str(level): level for level in groups.dropna().unique()}
    if text not in known:
        raise ValueError(
            f"{text!r} is no level of {groups.name!r}, whose levels are {quote(known)}."
        )
    return known[text]


def _epsilon(text):
    if text.lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'--epsilon {text!r} is no number, nor "none".') from None


def _number_or_text(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def _classes(method):
    import fairsample

    return {
        "fairsynth": fairsample.FairSynthResampler,
        "flip": fairsample.FlipResampler,
        "causal": fairsample.CausalLLMResampler,
        "copies": fairsample.GroupRandomOverSampler,
    }[method]
