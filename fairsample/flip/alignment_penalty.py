"""FLIP's second phase as a loss: groups alike at three stages, latents kept."""

import copy

import torch

from fairsample.flip.alignment import misalignment, sliced_wasserstein

__all__ = ["AlignmentPenalty"]


class AlignmentPenalty:
    """Misalignment of groups times the fairness weight, and an anchor (equation 10).

    Each call draws rows of every group, as many of each, and compares the groups'
    activations at three stages: the latents, the decoder's output, and the mean that
    the detokenizer expects of every level when it sees no column.  The latents of all
    rows are held near those of the encoder as it was, by sliced Wasserstein distance.

    Parameters
    ----------
    vae : TableVae
        As the first phase left it; a frozen copy is kept.
    columns : LongTensor of shape (n, n_columns)
        Rows, group first.
    weight : float
        The fairness weight.
    rows_per_group : int, default=128
        Rows of each group in a step.
    """

    def __init__(self, vae, columns, weight, *, rows_per_group=128):
        self.anchor = copy.deepcopy(vae).eval().requires_grad_(False)
        self.columns, self.weight = columns, weight
        self.rows_per_group = rows_per_group
        _, group = columns[:, 0].unique(return_inverse=True)
        self.rows_of_group = [torch.where(group == g)[0] for g in group.unique()]

    def draw_rows(self):
        """Draw the rows of one step, as many of each group, with repetition."""
        drawn = [
            rows[torch.randint(len(rows), (self.rows_per_group,))]
            for rows in self.rows_of_group
        ]
        return torch.cat(drawn)

    def __call__(self, vae):
        """Give the weighted loss of one draw of rows."""
        columns = self.columns[self.draw_rows()].to(vae.device)
        n_groups = len(self.rows_of_group)
        group = torch.arange(n_groups, device=columns.device)
        group = group.repeat_interleave(self.rows_per_group)
        latents = draw_posterior(vae, columns)
        anchored = draw_posterior(self.anchor, columns)
        loss = sliced_wasserstein(latents.flatten(1), anchored.flatten(1))
        if n_groups == 1:
            return loss
        stages = latents.flatten(1), *self.later_stages(vae, latents, columns)
        gaps = [misalignment(stage, group, n_groups) for stage in stages]
        return loss + self.weight * torch.stack(gaps).mean()

    @staticmethod
    def later_stages(vae, latents, columns):
        """Give the decoder's output, and the odds of all levels but the group's."""
        tokens = vae.decode(latents)
        logits = vae.detokenize(tokens, columns, torch.zeros_like(columns) > 0)
        blocks = logits.split(vae.block_sizes, dim=1)[1:]
        return tokens.flatten(1), torch.cat([b.softmax(1) for b in blocks], dim=1)


def draw_posterior(vae, columns):
    """Draw latents of rows: (n, n_columns, n_latents)."""
    mean, log_variance = vae.encode(columns)
    return mean + torch.randn_like(mean) * (log_variance / 2).exp()
