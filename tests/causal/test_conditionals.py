import numpy as np
import pytest
from scipy.stats import norm

from fairsample.causal.conditionals import (
    CategoryConditional,
    DonorConditional,
    Effort,
    conditional_from_state,
)

LINEAR, BOOSTED = Effort(2, 0, 0), Effort(2, 40, 0)


def checkerboard(n=1200, seed=0):
    """Codes that depend on the product of two signs: no linear model can tell."""
    rng = np.random.RandomState(seed)
    features = rng.choice([-1.0, 1.0], size=(n, 2))
    odds = np.where(features.prod(axis=1) > 0, 0.9, 0.1)
    return features, (rng.random_sample(n) < odds).astype(int)


def straight(n=1200, seed=0):
    rng = np.random.RandomState(seed)
    features = rng.normal(size=(n, 1))
    odds = 1 / (1 + np.exp(-2 * features[:, 0]))
    return features, (rng.random_sample(n) < odds).astype(int), odds


class TestCategories:
    def test_probabilities_are_calibrated(self):
        features, code, odds = straight()
        model = CategoryConditional.fit(features, code, BOOSTED)
        found = model.probabilities(features)
        np.testing.assert_allclose(found.sum(axis=1), 1)
        assert np.abs(found[:, 1] - odds).mean() < 0.05

    def test_trees_get_weight_where_lines_do_not_suffice(self):
        features, code = checkerboard()
        mixed = CategoryConditional.fit(features, code, BOOSTED)
        linear = CategoryConditional.fit(features, code, LINEAR)
        assert mixed.weight > 0.8
        assert linear.weight == 0
        unseen = checkerboard(seed=1)
        assert mixed.loss(*unseen).mean() < linear.loss(*unseen).mean() - 0.2

    def test_lines_get_weight_where_they_suffice(self):
        features, code, _ = straight(n=300)
        assert CategoryConditional.fit(features, code, BOOSTED).weight < 0.5

    def test_draws_have_the_probabilities(self):
        features, code, odds = straight()
        model = CategoryConditional.fit(features, code + 3, LINEAR)
        given = np.full((4000, 1), 0.5)
        drawn = model.draw(given, np.random.RandomState(0))
        assert set(drawn) == {3, 4}
        assert (drawn == 4).mean() == pytest.approx(
            model.probabilities(given[:1])[0, 1], abs=0.03
        )

    def test_code_that_was_never_seen_is_dear_but_not_impossible(self):
        features, code, _ = straight()
        model = CategoryConditional.fit(features, 2 * code, LINEAR)
        for unseen in (1, 3, 9):
            loss = model.loss(features[:5], np.full(5, unseen))
            np.testing.assert_allclose(loss, -np.log(1e-6))

    def test_single_code_is_certain(self):
        model = CategoryConditional.fit(np.zeros((9, 1)), np.full(9, 4), BOOSTED)
        assert (
            model.draw(np.zeros((3, 1)), np.random.RandomState(0)).tolist() == [4] * 3
        )
        np.testing.assert_allclose(model.loss(np.zeros((3, 1)), np.full(3, 4)), 0)


class TestDonors:
    @staticmethod
    def rows(n=1500, seed=0):
        """100 levels whose score follows the feature."""
        rng = np.random.RandomState(seed)
        scores = norm.ppf((np.arange(100) + 0.5) / 100)
        features = rng.normal(size=(n, 1))
        wanted = 0.8 * features[:, 0] + 0.6 * rng.normal(size=n)
        return features, np.abs(wanted[:, None] - scores).argmin(axis=1), scores

    @pytest.mark.parametrize("effort", [LINEAR, BOOSTED], ids=["linear", "boosted"])
    def test_drawn_scores_follow_the_feature_with_its_spread(self, effort):
        features, code, scores = self.rows()
        model = DonorConditional.fit(features, code, scores, 25, effort)
        assert len(model.models) == (1 if effort is LINEAR else 2)
        for at in (-1.0, 1.0):
            given = np.full((3000, 1), at)
            drawn = scores[model.draw(given, np.random.RandomState(0))]
            assert drawn.mean() == pytest.approx(0.8 * at, abs=0.12)
            assert drawn.std() == pytest.approx(0.6, abs=0.12)

    def test_missing_values_come_where_they_came(self):
        features, code, scores = self.rows()
        scores = np.append(scores, np.nan)
        code = np.where(features[:, 0] > 0.5, 100, code)
        model = DonorConditional.fit(features, code, scores, 25, LINEAR)
        given = np.repeat([[-1.5], [2.0]], 400, axis=0)
        absent = model.draw(given, np.random.RandomState(0)) == 100
        assert absent[:400].mean() < 0.1
        assert absent[400:].mean() > 0.9
        assert np.isfinite(model.loss(features, code)).all()

    def test_loss_is_less_where_the_donors_are(self):
        features, code, scores = self.rows()
        model = DonorConditional.fit(features, code, scores, 25, LINEAR)
        unseen, unseen_code, _ = self.rows(seed=1)
        own = model.loss(unseen, unseen_code).mean()
        assert own < model.loss(-unseen, unseen_code).mean() - 0.2

    def test_loss_of_a_fine_column_is_near_that_of_the_truth(self):
        features, code, scores = self.rows()
        model = DonorConditional.fit(features, code, scores, 25, LINEAR)
        unseen, unseen_code, _ = self.rows(seed=1)
        between = (scores[1:] + scores[:-1]) / 2
        ends = np.concatenate([[-np.inf], between, [np.inf]])
        of_normal = (ends[:, None] - 0.8 * unseen[:, 0]) / 0.6
        odds = np.diff(norm.cdf(of_normal), axis=0)[unseen_code, np.arange(1500)]
        found, truth = model.loss(unseen, unseen_code).mean(), -np.log(odds).mean()
        assert truth - 0.02 < found < truth + 0.15

    def test_code_that_no_donor_has_is_dear_but_not_impossible(self):
        features, code, scores = self.rows()
        model = DonorConditional.fit(features, code.clip(max=60), scores, 25, LINEAR)
        dear = model.loss(np.full((1, 1), -2.0), np.array([99]))
        assert 5 < dear[0] < 20

    def test_fewer_rows_than_donors_asked_for(self):
        features, code, scores = self.rows(n=7)
        model = DonorConditional.fit(features, code, scores, 25, BOOSTED)
        drawn = model.draw(np.zeros((40, 1)), np.random.RandomState(0))
        assert set(drawn) <= set(code)


@pytest.mark.parametrize("effort", [LINEAR, BOOSTED], ids=["linear", "boosted"])
@pytest.mark.parametrize("kind", ["category", "donors", "missing", "frequencies"])
def test_states_are_rebuilt(kind, effort):
    features, code, scores = TestDonors.rows(n=200)
    if kind == "category":
        model = CategoryConditional.fit(features, code % 3, effort)
    elif kind == "frequencies":
        model = CategoryConditional.fit(features, np.full(200, 2), effort)
    else:
        if kind == "missing":
            scores = np.append(scores, np.nan)
            code = np.where(code % 7 == 0, 100, code)
        model = DonorConditional.fit(features, code, scores, 9, effort)
    estimators = []
    state = model.state(estimators)
    left = iter([*estimators, "of the next conditional"])
    again = conditional_from_state(state, left)
    assert next(left) == "of the next conditional"
    drawn, wanted = (
        one.draw(features, np.random.RandomState(3)) for one in (again, model)
    )
    np.testing.assert_array_equal(drawn, wanted)
    np.testing.assert_array_equal(
        again.loss(features, wanted), model.loss(features, wanted)
    )
