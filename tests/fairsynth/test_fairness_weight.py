"""What λ changes: nothing at 0, and fairer rows at the same plan above it."""

import numpy as np
import pandas as pd
import pytest
import torch
from resamplers import digest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from small_cohort import make_cohort, tiny_resampler
from tiny_generators import all_columns

from fairsample.autoregressive import column_nll
from fairsample.fairsynth import fitting, generator
from fairsample.fairsynth.likelihood import outcome_loss, record_nll, visit_nll
from fairsample.fairsynth.net import HaloNet
from fairsample.fairsynth.objectives import OBJECTIVES
from fairsample.training.records import RecordBatch, RecordLoader

NO_WEIGHT = 1e-9  # the second phase without a penalty to speak of


@pytest.fixture(scope="module")
def cohort():
    return make_cohort()


def unusable(*args, **kwargs):
    raise AssertionError("the plain generator knows no penalty")


class PlainNet(HaloNet):
    """The net as it would be if there were no fairness in the world."""

    def get_iterator(self, dataset, training=False):
        size = self.batch_size if training else 1024
        return RecordLoader(dataset, size, shuffle=training)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        columns, visits = y_pred
        loss = column_nll(columns, X.columns, self.module_.block_sizes).sum(1).mean()
        loss = loss + visit_nll(visits, X).mean()
        return loss + outcome_loss(self.module_, X, y_pred)

    fairness_phase = unusable


class TestWithoutWeight:
    def test_weights_are_those_of_a_net_without_a_penalty(self, cohort, monkeypatch):
        ours = tiny_resampler(fairness_weight=0).fit(*cohort)
        monkeypatch.setattr(fitting, "HaloNet", PlainNet)
        plain = tiny_resampler(fairness_weight=0).fit(*cohort)
        assert isinstance(plain.net_, PlainNet)
        expected = plain.net_.module_.state_dict()
        found = ours.net_.module_.state_dict()
        assert found.keys() == expected.keys()
        assert all(found[name].equal(expected[name]) for name in expected)
        assert digest(ours.sample(50)) == digest(plain.sample(50))

    def test_objective_does_not_matter(self, cohort, monkeypatch):
        monkeypatch.setattr(generator, "FairnessPenalty", unusable)
        found = {
            digest(
                tiny_resampler(fairness_weight=0, objective=objective).fit_resample(
                    *cohort
                )
            )
            for objective in [*OBJECTIVES, unusable]
        }
        assert len(found) == 1

    def test_it_does_matter_with_weight(self, cohort):
        """So that the test above can fail."""
        found = {
            digest(tiny_resampler(objective=objective).fit_resample(*cohort))
            for objective in OBJECTIVES
        }
        assert len(found) == 3


class TestObjective:
    def test_callable(self, cohort):
        seen = []

        def objective(probabilities, groups, labels):
            seen.append((probabilities.shape, groups.shape, labels.shape))
            rates = [probabilities[groups == group].mean() for group in groups.unique()]
            return torch.stack(rates).var()

        fitted = tiny_resampler(objective=objective).fit(*cohort)
        assert len(seen) >= 3
        for shapes in seen:
            assert len(set(shapes)) == 1
            assert len(shapes[0]) == 1
        plain = tiny_resampler(fairness_weight=0).fit(*cohort)
        assert digest(fitted.sample(50)) != digest(plain.sample(50))

    def test_name(self, cohort):
        with pytest.raises(ValueError, match="The 'objective' parameter of"):
            tiny_resampler(objective="calibration").fit(*cohort)

    @pytest.mark.parametrize("weight", [-0.1, None, "high"])
    def test_weight(self, cohort, weight):
        with pytest.raises(ValueError, match="The 'fairness_weight' parameter of"):
            tiny_resampler(fairness_weight=weight).fit(*cohort)


def biased_table(n, seed):
    """Women are rarely in the high jobs that go with the outcome."""
    rng = np.random.RandomState(seed)
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    man = sex == "M"
    job = np.where(rng.rand(n) < np.where(man, 0.7, 0.25), "high", "low")
    score = rng.binomial(4, np.where(man, 0.6, 0.4))
    dose = rng.normal(size=n).round(1) + 0.8 * man
    logit = 1.2 * (job == "high") + 0.5 * (score - 2) + 0.8 * dose - 1.3
    y = (rng.rand(n) < 1 / (1 + np.exp(-logit))).astype(int)
    return pd.DataFrame({"job": job, "sex": sex, "score": score, "dose": dose}), y


class TestAtAFixedPlan:
    """Every cell filled up to 1,500 rows; only λ differs, also from no second phase."""

    PLAN = {(group, label): 1500 for group in "FM" for label in (0, 1)}

    @pytest.fixture(scope="class", params=[1, 2])
    @classmethod
    def resampled(cls, request, tmp_path_factory):
        """Real + synthetic rows and the resampler, by weight."""
        table = biased_table(1500, request.param)
        found = {}
        for weight in (NO_WEIGHT, 1.5):
            fitted = tiny_resampler(
                "sex",
                sampling_strategy=cls.PLAN,
                fairness_weight=weight,
                learning_rate=1e-3,
                max_epochs=12,
                fairness_epochs=14,
                validation_fraction=0,
                memory=str(tmp_path_factory.getbasetemp() / f"plain{request.param}"),
                random_state=request.param,
            )
            found[weight] = (fitted, *fitted.fit_resample(*table))
        return found

    def disparate_impact(self, X, y):
        """Of a probe trained on the rows, on real ones: hard and soft."""
        test, _ = biased_table(4000, 100)
        one_hot = OneHotEncoder(), ["job", "sex"]
        encode = make_column_transformer(one_hot, ("passthrough", ["score", "dose"]))
        probe = make_pipeline(encode, LogisticRegression()).fit(X, y)
        women = (test["sex"] == "F").to_numpy()
        return np.array(
            [
                chosen[women].mean() / chosen[~women].mean()
                for chosen in (probe.predict(test), probe.predict_proba(test)[:, 1])
            ]
        )

    def test_rows_are_as_many(self, resampled):
        for _, X, y in resampled.values():
            assert pd.crosstab(X["sex"], y).to_numpy().tolist() == [[1500] * 2] * 2

    def test_a_probe_treats_real_rows_fairer(self, resampled):
        without, fair = (self.disparate_impact(X, y) for _, X, y in resampled.values())
        assert without[0] < 0.9
        assert (fair > without + 0.02).all()
        assert (fair < 1.1).all()

    @pytest.fixture(scope="class")
    @classmethod
    def odds(cls, resampled):
        """p(record | group, outcome) of every record that can be, by weight."""
        found = []
        for fitted, *_ in resampled.values():
            module = fitted.net_.module_.eval()
            batch = RecordBatch(all_columns(module.block_sizes))
            with torch.no_grad():
                found.append((-record_nll(module, batch)).exp().view(2, 2, -1))
            assert (found[-1].sum(2) - 1).abs().max() < 1e-4
        return found

    def test_what_a_cell_looks_like_changes(self, odds):
        without, fair = odds
        total_variation = (fair - without).abs().sum(2) / 2
        assert total_variation.min() > 0.015

    def test_the_outcome_is_read_more_equally(self, resampled, odds):
        """From the records that the generator without penalty writes."""
        (fitted, *_), _ = resampled.values()
        counts = torch.tensor(fitted.cell_counts_.to_numpy())
        records = (counts / counts.sum(1, keepdim=True))[:, :, None] * odds[0]
        ratios = []
        for given_cell in odds:
            read = given_cell[:, 1] / given_cell.sum(1)
            women, men = (records.sum(1) * read).sum(1)
            ratios.append(women / men)
        assert ratios[0] < 0.9
        assert ratios[0] + 0.02 < ratios[1] < 1.1
