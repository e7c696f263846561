"""Roles read off a causal graph."""

import numpy as np
import pytest

from fairsample.causal import StandardFairnessModel


class TestGraph:
    COMPAS = [
        ("age", "priors"),
        ("race", "priors"),
        ("priors", "charge"),
        ("race", "charge"),
        ("charge", "decile"),
        ("sex", "race"),
        ("race", "decile"),
    ]

    def from_dag(self, graph, **options):
        return StandardFairnessModel.from_dag(
            graph, sensitive="race", outcome="decile", **options
        )

    def test_projection(self):
        projected = self.from_dag(self.COMPAS, baseline="White", comparison="Black")
        assert set(projected.confounders) == {"age", "sex"}
        assert projected.mediators == ("priors", "charge")
        assert (projected.sensitive, projected.outcome) == ("race", "decile")
        assert (projected.baseline, projected.comparison) == ("White", ("Black",))

    def test_order_of_edges_does_not_matter_to_causal_order(self):
        chain = [("race", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "decile")]
        chain += [("z", "y"), ("y", "x"), ("x", "race"), ("z", "decile")]
        rng = np.random.default_rng(0)
        for _ in range(20):
            shuffled = [chain[i] for i in rng.permutation(len(chain))]
            projected = self.from_dag(shuffled)
            assert projected.mediators == ("a", "b", "c", "d")
            assert projected.confounders == ("z", "y", "x")

    def test_columns_that_do_not_touch_the_sensitive_one_are_confounders(self):
        assert self.from_dag([*self.COMPAS, ("rain", "charge")]).confounders[-1:] == (
            "rain",
        )

    def test_networkx(self):
        networkx = pytest.importorskip("networkx")
        graph = networkx.DiGraph(self.COMPAS)
        assert self.from_dag(graph) == self.from_dag(self.COMPAS)
        graph.add_node("alone")
        assert "alone" in self.from_dag(graph).confounders
        with pytest.raises(ValueError, match="no directions. Give a networkx.DiGraph"):
            self.from_dag(graph.to_undirected())

    def test_several_sensitive_columns(self):
        projected = StandardFairnessModel.from_dag(
            self.COMPAS, sensitive=["race", "sex"], outcome="decile"
        )
        assert projected.confounders == ("age",)
        assert projected.mediators == ("priors", "charge")

    def test_column_between_sensitive_ones(self):
        with pytest.raises(ValueError, match="'priors' lies between the sensitive"):
            StandardFairnessModel.from_dag(
                self.COMPAS, sensitive=["race", "charge"], outcome="decile"
            )

    @pytest.mark.parametrize(
        "edges, message",
        [
            ([("charge", "priors")], "cycle, .*'priors' -> .*drop one of these edges"),
            ([("age", "age")], "cycle, 'age' -> 'age'"),
            ([("decile", "arrest")], "outcome 'decile' has children.*'arrest'"),
            ([("a", "b", "c")], r"\('a', 'b', 'c'\) is no edge"),
            (["ab"], "'ab' is no edge"),
        ],
    )
    def test_graphs_that_are_refused(self, edges, message):
        with pytest.raises(ValueError, match=message):
            self.from_dag(self.COMPAS + edges)

    @pytest.mark.parametrize("absent", ["race", "decile"])
    def test_absent_nodes(self, absent):
        edges = [edge for edge in self.COMPAS if absent not in edge]
        with pytest.raises(ValueError, match=f"no node '{absent}'; its nodes are"):
            self.from_dag(edges)

    def test_edges_may_be_an_iterator_of_lists(self):
        edges = (list(edge) for edge in self.COMPAS)
        assert self.from_dag(edges) == self.from_dag(self.COMPAS)
