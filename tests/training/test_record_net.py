"""Rows are held out once, and training alone sees them in a new order."""

import torch

from fairsample.training.record_net import RecordNet
from fairsample.training.records import Records
from fairsample.training.seeding import seeded


def rows_of(iterator):
    return torch.cat([batch.columns[:, 0] for batch, _ in iterator]).tolist()


def make_net(**options):
    return RecordNet(torch.nn.Identity, batch_size=4, **options)


def test_every_row_is_trained_on_or_held_out():
    records = Records(torch.arange(30)[:, None])
    with seeded(0):
        trained, held_out = make_net(validation_fraction=0.2).get_split_datasets(
            records
        )
    parts = trained.columns[:, 0].tolist(), held_out.columns[:, 0].tolist()
    assert [len(part) for part in parts] == [24, 6]
    assert sorted(parts[0] + parts[1]) == list(range(30))
    assert parts[1] != list(range(6))


def test_none_is_held_out_of_too_few():
    records = Records(torch.arange(9)[:, None])
    assert make_net(validation_fraction=0.1).get_split_datasets(records) == (
        records,
        None,
    )


def test_only_training_shuffles():
    net, records = make_net(), Records(torch.arange(30)[:, None])
    assert rows_of(net.get_iterator(records)) == list(range(30))
    with seeded(0):
        first, second = (
            rows_of(net.get_iterator(records, training=True)) for _ in range(2)
        )
    assert first != second
    assert sorted(first) == sorted(second) == list(range(30))
