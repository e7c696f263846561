"""What breaks the guarantee is found by the checks that the other tests make."""

import dataclasses

import numpy as np
import pytest
from noise_of_fits import check_fresh_noise
from private_tables import NEIGHBOURS, PUBLIC_CELLS, check_guarantee, private_table
from scripted_noise import ScriptedNoise

from fairsample.flip import (
    columns,
    counted_column,
    private_fit,
    private_input,
    private_phase,
    table_release,
)
from fairsample.flip import undeclared as undeclared_module
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.conforming import conform
from fairsample.flip.domain import TableDomain
from fairsample.flip.pair_tables import count_pairs
from fairsample.target_form import TargetForm

MORE = "one more of the same"


def drop_the_root_of_the_number_of_pairs(patch):
    patch.setattr(table_release, "n_pairs", lambda n_columns: 1)


def forget_the_group_among_the_pairs(patch):
    of_pairs = table_release.n_pairs
    patch.setattr(table_release, "n_pairs", lambda n: of_pairs(n - 1))


def leave_out_the_noise_of_pairs(patch):
    def exact(*args, noise_std, noise):
        return count_pairs(*args)

    patch.setattr(table_release, "count_pairs", exact)


def leave_out_the_noise_of_cells(patch):
    def exact(cells, n_cells, std, noise):
        return np.bincount(cells, minlength=n_cells).astype(float)

    patch.setattr(table_release, "noisy_counts", exact)


def count_cells_twice_and_pay_once(patch):
    once = table_release.noisy_counts

    def mean_of_two(*args):
        return (once(*args) + once(*args)) / 2

    patch.setattr(table_release, "noisy_counts", mean_of_two)


def hand_out_exact_cells_beside_the_noisy_ones(patch):
    release = table_release._release_cells

    def exact(rows, *args):
        noisy = release(rows, *args)
        counts = np.bincount(rows.cells, minlength=noisy.size)
        return counts.reshape(noisy.shape).astype(float)

    patch.setattr(table_release, "_release_cells", exact)


def keep_a_mechanism_out_of_the_ledger(name):
    def mutate(patch):
        add = PrivacyLedger.add

        def forgetful(self, mechanism):
            return self if mechanism.name == name else add(self, mechanism)

        patch.setattr(PrivacyLedger, "add", forgetful)

    mutate.__name__ = f"keep_{name}_out_of_the_ledger"
    return mutate


def keep_the_delta_of_lists_out_of_the_ledger(patch):
    add = PrivacyLedger.add

    def forgetful(self, mechanism):
        return add(self, dataclasses.replace(mechanism, delta=0.0))

    patch.setattr(PrivacyLedger, "add", forgetful)


def give_every_list_the_delta_of_all(patch):
    count = counted_column.CountedColumn.count

    def generous(*args, delta, **options):
        return count(*args, delta=10 * delta, **options)

    patch.setattr(columns.CountedColumn, "count", generous)


def pay_for_one_column_and_count_them_all(patch):
    release = table_release.release_columns

    def cheap(*args, noise_multipliers, **options):
        root = np.sqrt(args[0].shape[1])
        return release(*args, noise_multipliers=noise_multipliers / root, **options)

    patch.setattr(table_release, "release_columns", cheap)
    patch.setattr(columns, "joint_multiplier", lambda multipliers: multipliers[0])


def take_bounds_from_the_rows(patch):
    complete = private_phase.complete_domain

    def raw(frame, domain, **options):
        found = dict(complete(frame, domain, **options))
        bounds = [int(frame["age"].min()), int(frame["age"].max())]
        found["age"] = dataclasses.replace(found["age"], bounds=tuple(bounds))
        return TableDomain(found)

    patch.setattr(private_phase, "complete_domain", raw)


def take_classes_from_the_rows(patch):
    known = private_input.PrivateInput.known_domain

    def raw(self, domain):
        found = dict(known(self, domain))
        categories = tuple(self.cells["died"].cat.categories)
        found["died"] = dataclasses.replace(found["died"], categories=categories)
        return TableDomain(found)

    patch.setattr(private_input.PrivateInput, "known_domain", raw)


def take_categories_from_the_dtype(patch):
    complete = private_phase.complete_domain

    def raw(frame, domain, **options):
        found = dict(complete(frame, domain, **options))
        categories = tuple(frame["town"].cat.categories)
        found["town"] = dataclasses.replace(found["town"], categories=categories)
        return TableDomain(found)

    patch.setattr(private_phase, "complete_domain", raw)


def write_y_as_the_private_one(patch):
    def raw(y, labels, *_):
        form, _ = TargetForm.read(y)
        return TargetForm(form.examples, form.classes[: len(labels)])

    patch.setattr(private_fit, "public_target_form", raw)


def fit_the_encoder_to_the_rows(patch):
    release = table_release.release_columns

    def raw(frame, domain, **options):
        _, domain = release(frame, domain, **options)
        return conform(frame, domain), domain

    patch.setattr(table_release, "release_columns", raw)


def list_values_without_a_threshold(patch):
    def all_of_them(values, std, delta, noise):
        distinct, counts = np.unique(values, return_counts=True)
        return distinct, counts + noise.normal(len(distinct), std)

    patch.setattr(counted_column, "frequent_values", all_of_them)


def list_categories_without_a_threshold(patch):
    patch.setattr(undeclared_module, "threshold_of", lambda std, delta: -np.inf)


def let_the_noise_follow_the_rows(patch):
    once = table_release.noisy_counts

    def following(cells, n_cells, std, noise):
        return once(cells, n_cells, std * 300 / len(cells), noise)

    patch.setattr(table_release, "noisy_counts", following)


def fill_what_is_missing_by_the_mean(patch):
    """A row then depends on the others, and one row moves the codes of many."""
    each_by_itself = table_release.conform

    def filled(frame, domain):
        conforming = each_by_itself(frame, domain)
        ages = conforming["age"]
        centred = (ages - int(ages.sum() % 97)).clip(*domain["age"].bounds)
        return conforming.assign(age=centred.astype(ages.dtype))

    patch.setattr(table_release, "conform", filled)


def keep_the_number_of_rows(patch):
    set_cells = private_fit.PrivatelyFitted._set_private_cells

    def remembering(self, table, y):
        set_cells(self, table, y)
        self.n_rows_ = len(y)

    patch.setattr(private_fit.PrivatelyFitted, "_set_private_cells", remembering)


UNDECLARED = {"domain": PUBLIC_CELLS, "epsilon": 4.0, "preprocess_epsilon": 2.0}
MUTANTS = [
    (drop_the_root_of_the_number_of_pairs, MORE, {}),
    (forget_the_group_among_the_pairs, "extreme values", {}),
    (leave_out_the_noise_of_pairs, MORE, {}),
    (leave_out_the_noise_of_cells, MORE, {}),
    (count_cells_twice_and_pay_once, "extreme values", {}),
    (hand_out_exact_cells_beside_the_noisy_ones, MORE, {}),
    (keep_a_mechanism_out_of_the_ledger("outside"), "everything outside", {}),
    (keep_a_mechanism_out_of_the_ledger("cells"), MORE, {}),
    (keep_a_mechanism_out_of_the_ledger("columns"), MORE, {}),
    (keep_a_mechanism_out_of_the_ledger("classes"), MORE, {}),
    (keep_a_mechanism_out_of_the_ledger("pairs"), MORE, {}),
    (keep_a_mechanism_out_of_the_ledger("domain"), MORE, UNDECLARED),
    (keep_the_delta_of_lists_out_of_the_ledger, MORE, {}),
    (give_every_list_the_delta_of_all, MORE, {}),
    (pay_for_one_column_and_count_them_all, MORE, {}),
    (take_bounds_from_the_rows, "extreme values", {}),
    (take_bounds_from_the_rows, "extreme values", UNDECLARED),
    (take_classes_from_the_rows, "new categories", {}),
    (take_categories_from_the_dtype, "new categories", {}),
    (write_y_as_the_private_one, "new categories", {}),
    (fit_the_encoder_to_the_rows, "a finer value", {}),
    (list_values_without_a_threshold, "a finer value", {}),
    (list_categories_without_a_threshold, "new categories", UNDECLARED),
    (let_the_noise_follow_the_rows, MORE, {}),
    (fill_what_is_missing_by_the_mean, "extreme values", {}),
    (keep_the_number_of_rows, MORE, {}),
]


@pytest.mark.parametrize(
    "mutate, neighbour, options", MUTANTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_leak_is_found(mutate, neighbour, options, monkeypatch):
    X, y = private_table(300)
    if "domain" in options:
        X, y = private_table(1200)
    mutate(monkeypatch)
    with pytest.raises(AssertionError):
        check_guarantee(X, y, NEIGHBOURS[neighbour], **options)


@pytest.mark.parametrize("options", [{}, UNDECLARED])
def test_what_does_not_leak_is_not_accused(options):
    X, y = private_table(1200 if options else 300)
    check_guarantee(X, y, NEIGHBOURS["extreme values"], **options)


def test_seeded_noise_is_found(monkeypatch):
    check_fresh_noise(*private_table(300))
    for module in (private_phase, table_release):
        monkeypatch.setattr(module, "SecureNoise", lambda: ScriptedNoise(seed=0))
    with pytest.raises(AssertionError, match="same noise"):
        check_fresh_noise(*private_table(300))
