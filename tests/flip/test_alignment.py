"""Measures of alignment: identities, known values, gradients."""

import pytest
import torch

from fairsample.flip.alignment import (
    cka_transposed,
    linear_cka,
    mean_gap,
    misalignment,
    mmd,
    sliced_wasserstein,
)
from fairsample.training.seeding import seeded


@pytest.fixture(autouse=True)
def fixed_seed():
    with seeded(0):
        yield


def normal_rows(n, p=5):
    return torch.randn(n, p, dtype=torch.float64)


@pytest.mark.parametrize("n", [4, 40], ids=["wide", "tall"])
def test_cka_sees_neither_rotation_nor_scale_nor_shift(n):
    A = normal_rows(n)
    rotation = torch.linalg.qr(normal_rows(5))[0]
    assert float(linear_cka(A, A @ rotation)) == pytest.approx(1)
    assert float(linear_cka(A, 3 * A + 7)) == pytest.approx(1)


def test_both_ways_to_compute_cka_agree():
    A, B = normal_rows(11, 5), normal_rows(11, 5)
    padded = torch.zeros(11, 20, dtype=torch.float64)
    wide = torch.cat([A, padded], dim=1)
    assert float(linear_cka(wide, B)) == pytest.approx(float(linear_cka(A, B)))


def test_cka_of_unrelated_features_is_near_zero():
    assert float(linear_cka(normal_rows(20_000), normal_rows(20_000))) < 0.01


def test_cka_is_the_definition_by_hilbert_schmidt():
    A, B = normal_rows(7, 3), normal_rows(7, 2)
    centring = torch.eye(7, dtype=torch.float64) - 1 / 7
    hsic = [
        torch.trace(X @ X.T @ centring @ Y @ Y.T @ centring)
        for X, Y in [(A, B), (A, A), (B, B)]
    ]
    expected = hsic[0] / (hsic[1] * hsic[2]).sqrt()
    assert float(linear_cka(A, B)) == pytest.approx(float(expected))


def test_transposed_cka_takes_groups_of_any_size_and_is_blind_to_shift_and_scale():
    A, B = normal_rows(30), normal_rows(12)
    assert float(cka_transposed(A, 3 * A + 7)) == pytest.approx(1)
    assert float(cka_transposed(A, A[:1].expand(9, -1))) < 1
    assert 0 <= float(cka_transposed(A, B)) <= 1
    assert float(cka_transposed(A, B)) == pytest.approx(float(cka_transposed(B, A)))


def test_transposed_cka_sees_which_features_vary_together():
    A = normal_rows(4000, 2) @ torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 1]]).double()
    B = normal_rows(4000, 2) @ torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1]]).double()
    assert float(cka_transposed(A, B)) < 0.2


def test_mean_gap_and_mmd_see_the_shift_that_cka_does_not():
    A = normal_rows(500)
    assert float(mean_gap(A, A + 2)) == pytest.approx(4, rel=0.2)
    assert float(mmd(A, A + 2)) > 0.5
    for measure in (mean_gap, mmd):
        assert float(measure(A, A)) == pytest.approx(0, abs=1e-9)


def test_mmd_is_its_definition():
    A, B = normal_rows(6), normal_rows(9)
    rows = torch.cat([A, B])
    distance = torch.cdist(rows, rows) ** 2
    scales = (0.25, 0.5, 1, 2, 4)
    K = sum((-distance / (distance.mean() * scale)).exp() for scale in scales)
    expected = K[:6, :6].mean() + K[6:, 6:].mean() - 2 * K[:6, 6:].mean()
    assert float(mmd(A, B)) == pytest.approx(float(expected))


def test_sliced_wasserstein_of_normals():
    """Between N(0, 1) and N(m, s^2) in every direction: |m|^2 / p + (s - 1)^2."""
    A, B = normal_rows(20_000), 2 * normal_rows(20_000) + 3
    assert float(sliced_wasserstein(A, A)) == 0
    distance = float(sliced_wasserstein(A, B, n_projections=2000))
    assert distance == pytest.approx(9 + 1, rel=0.1)


def test_sliced_wasserstein_reads_no_order():
    A = normal_rows(50)
    assert float(sliced_wasserstein(A, A[torch.randperm(50)])) < 1e-20


@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_misalignment_of_any_number_of_groups(n_groups):
    group = torch.arange(n_groups).repeat_interleave(400)
    alike = normal_rows(len(group), 8) + torch.arange(8)
    moved = alike + 2 * (group == 1)[:, None]
    assert float(misalignment(alike, group, n_groups)) < 0.1
    assert float(misalignment(moved, group, n_groups)) > 0.5


def test_names_of_groups_do_not_matter():
    group = torch.arange(3).repeat_interleave(20)
    rows = normal_rows(60) + group[:, None]
    renamed = misalignment(rows, (group + 1) % 3, 3)
    assert float(renamed) == pytest.approx(float(misalignment(rows, group, 3)))


@pytest.mark.parametrize("collapsed", [False, True])
def test_gradients_are_finite(collapsed):
    rows = normal_rows(40)
    if collapsed:
        rows = torch.zeros_like(rows)
    rows.requires_grad_(True)
    group = torch.arange(2).repeat_interleave(20)
    misalignment(rows, group, 2).backward()
    assert rows.grad.isfinite().all()


def test_descent_on_misalignment_aligns():
    group = torch.arange(2).repeat_interleave(100)
    rows = normal_rows(200) + 3 * group[:, None]
    rows.requires_grad_(True)
    optimizer = torch.optim.Adam([rows], lr=0.1)
    before = misalignment(rows, group, 2).item()
    for _ in range(50):
        optimizer.zero_grad()
        loss = misalignment(rows, group, 2)
        loss.backward()
        optimizer.step()
    assert loss.item() < before / 5
