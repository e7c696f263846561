"""Exact and fast generation: columns first, then visit after visit."""

import torch

from fairsample.autoregressive import BlockSampler, CursorSampler
from fairsample.training.precision import fast_matmul
from fairsample.training.records import Records

__all__ = ["END", "generate_records"]

END = 0  # the code that marks a patient's last visit; written first


def generate_records(
    module, given, generator, *, temperature=1.0, chunk_size=2048, progress=iter
):
    """Generate a record for each given (group, outcome).

    Parameters
    ----------
    module : Halo
        The trained generator.
    given : LongTensor of shape (n, 2)
        Group and outcome of each record.
    generator : torch.Generator
        Randomness, on the module's device.
    temperature : float, default=1.0
        Logits are divided by it: below 1 nearer to the likely, above 1 wilder.
    chunk_size : int, default=2048
        Records written side by side.
    progress : callable, default=iter
        Wraps the iterable of chunks, e.g. tqdm.

    Returns
    -------
    Records
        On the CPU, in the order of `given`.
    """
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), fast_matmul():
            writer = RecordWriter(module, generator, temperature)
            parts = [writer.write(chunk) for chunk in progress(given.split(chunk_size))]
    finally:
        module.train(was_training)
    return concatenate(parts)


class RecordWriter:
    """Write records side by side with masked weights made once.

    Parameters
    ----------
    module : Halo
        The trained generator.
    generator : torch.Generator
        Randomness.
    temperature : float
        Logits are divided by it.
    """

    def __init__(self, module, generator, temperature):
        self.module, self.generator = module, generator
        self.temperature = temperature
        self.columns = BlockSampler(module.column_head, module.block_sizes)
        self.codes = CursorSampler(module.code_head) if module.max_visits else None

    def write(self, given):
        """Write one record for each row of `given`: `Records` on the CPU."""
        given = given.to(self.module.block_starts.device)
        columns = self.columns.draw(given, len(given), self.generator, self.temperature)
        if self.codes is None:
            return Records(columns.cpu())
        return Records(columns.cpu(), *self.write_visits(columns))

    def write_visits(self, columns):
        """Write visits until every patient has reached END.

        Patients who have are dropped, keys and values of earlier visits are kept.

        Returns
        -------
        codes, visit_ptr, patient_ptr : LongTensor
            See `Records`; END is the first code of each last visit.
        """
        module = self.module
        patient = torch.arange(len(columns), device=columns.device)
        prefix = module.embed_prefix(columns)
        past = module.visit_transformer.nothing_past(len(columns))
        history = module.visit_transformer.go_on(prefix[:, None], past)
        written = []
        for number in range(module.max_visits):
            context = torch.cat([history[:, 0], prefix], dim=1)
            must_end = number == module.max_visits - 1
            row, code = self.codes.draw(
                context, self.generator, self.temperature, first=must_end
            )
            row, code = sort_visits(row, code)
            written.append((patient[row], torch.full_like(row, number), code))
            ended = torch.zeros(len(patient), dtype=torch.bool, device=row.device)
            ended[row[code == END]] = True
            if ended.all():
                break
            visit = embed_visits(module, row, code, len(patient))
            patient, visit, prefix = patient[~ended], visit[~ended], prefix[~ended]
            past = past.of(~ended)
            history = module.visit_transformer.go_on(visit[:, None], past)
        return flatten(written, len(columns), module.max_visits)


def sort_visits(row, code):
    """Order drawn codes by row, then by code."""
    width = int(code.max()) + 1 if len(code) else 1
    order = torch.argsort(row * width + code)
    return row[order], code[order]


def embed_visits(module, row, code, n):
    """Embed the visits just written: (n, embedding)."""
    counts = torch.bincount(row, minlength=n)
    return module.visit_embedding(code, counts.cumsum(0) - counts)


def flatten(written, n_patients, max_visits):
    """Bring codes written visit by visit into patient order, with borders."""
    patient, number, code = (torch.cat(part) for part in zip(*written, strict=True))
    order = torch.argsort(patient * max_visits + number, stable=True)
    patient, number, code = (part[order].cpu() for part in (patient, number, code))
    n_visits = torch.zeros(n_patients, dtype=torch.long)
    n_visits.scatter_reduce_(0, patient, number + 1, "amax")
    patient_ptr = torch.cat([torch.zeros(1, dtype=torch.long), n_visits.cumsum(0)])
    n_codes = torch.bincount(
        patient_ptr[patient] + number, minlength=int(patient_ptr[-1])
    )
    visit_ptr = torch.cat([torch.zeros(1, dtype=torch.long), n_codes.cumsum(0)])
    return code, visit_ptr, patient_ptr


def concatenate(parts):
    """Join `Records` one after the other."""
    columns = torch.cat([part.columns for part in parts])
    if parts[0].codes is None:
        return Records(columns)
    return Records(
        columns,
        torch.cat([part.codes for part in parts]),
        join_borders([part.visit_ptr for part in parts]),
        join_borders([part.patient_ptr for part in parts]),
    )


def join_borders(parts):
    """Join border arrays, each starting anew at 0, into one."""
    joined = [torch.zeros(1, dtype=torch.long)]
    for part in parts:
        joined.append(part[1:] + joined[-1][-1])
    return torch.cat(joined)
