"""A causal graph, projected to the roles of a Standard Fairness Model."""

from collections.abc import Hashable
from graphlib import CycleError, TopologicalSorter

from fairsample.messages import quote

__all__ = ["project_graph"]


def project_graph(graph, sensitive, outcome):
    """Read confounders and mediators off a causal graph, in causal order.

    Descendants of the sensitive attribute are mediators, all that is left but the
    outcome are confounders.

    Parameters
    ----------
    graph : networkx.DiGraph or iterable of (cause, effect)
        The graph, or its edges.
    sensitive : sequence of str
        The sensitive columns.
    outcome : str
        The outcome.

    Returns
    -------
    confounders, mediators : tuple of str
        Every cause before its effects.

    Raises
    ------
    ValueError
        If the graph is not directed, has a cycle, lacks a node, has an outcome with
        children, or a column between two sensitive ones.

    Examples
    --------
    >>> from fairsample.causal.graph import project_graph
    >>> edges = [("job", "pay"), ("sex", "job"), ("age", "pay"), ("sex", "pay")]
    >>> project_graph(edges, ["sex"], "pay")
    (('age',), ('job',))
    """
    nodes, edges = _nodes_and_edges(graph)
    absent = [name for name in (*sensitive, outcome) if name not in nodes]
    if absent:
        raise ValueError(
            f"The graph has no node {quote(absent)}; its nodes are {quote(nodes)}."
        )
    order = _causal_order(nodes, edges)
    children = [effect for cause, effect in edges if cause == outcome]
    if children:
        raise ValueError(
            f"The outcome {outcome!r} has children in the graph, {quote(children)}. "
            "Nothing may follow the outcome: drop these columns from the graph, or "
            "choose another outcome."
        )
    below = _reachable(sensitive, edges)
    above = _reachable(sensitive, [(effect, cause) for cause, effect in edges])
    between = [name for name in order if name in below & above - set(sensitive)]
    if between:
        raise ValueError(
            f"{quote(between)} lies between the sensitive columns {quote(sensitive)}: "
            "an effect of one and a cause of another has no role. Choose one of them "
            "as the sensitive attribute."
        )
    rest = [name for name in order if name != outcome and name not in sensitive]
    return (
        tuple(name for name in rest if name not in below),
        tuple(name for name in rest if name in below),
    )


def _nodes_and_edges(graph):
    if hasattr(graph, "edges") and hasattr(graph, "nodes"):
        if not graph.is_directed():
            raise ValueError(
                "The graph has no directions. Give a networkx.DiGraph, or pairs of "
                "(cause, effect)."
            )
        return dict.fromkeys(graph.nodes), [tuple(edge[:2]) for edge in graph.edges]
    edges = [tuple(edge) if isinstance(edge, list) else edge for edge in graph]
    for edge in edges:
        if not (
            isinstance(edge, tuple)
            and len(edge) == 2
            and all(isinstance(node, Hashable) for node in edge)
        ):
            raise ValueError(
                f"{edge!r} is no edge. Give pairs of (cause, effect), or a "
                "networkx.DiGraph."
            )
    return dict.fromkeys(node for edge in edges for node in edge), edges


def _causal_order(nodes, edges):
    sorter = TopologicalSorter(dict.fromkeys(nodes, ()))
    for cause, effect in edges:
        sorter.add(effect, cause)
    try:
        return tuple(sorter.static_order())
    except CycleError as error:
        cycle = " -> ".join(map(repr, error.args[1]))
        raise ValueError(
            f"The graph has a cycle, {cycle}. A cause cannot be its own effect: drop "
            "one of these edges."
        ) from None


def _reachable(start, edges):
    """Return the nodes that are reached from others along edges, and those."""
    reached, found = set(), set(start)
    while found:
        reached |= found
        found = {effect for cause, effect in edges if cause in found} - reached
    return reached
