"""Noise that nobody can draw again."""

import os

import numpy as np
import torch

__all__ = ["SecureNoise"]

_FINENESS = 20  # noise is a multiple of 2**-20 of its standard deviation, or finer

_MARK = 20_240_917  # a seed, to see where a generator keeps it
_TWISTER = slice(24, 24 + 8 * 624)  # bytes with the words of the Mersenne twister


class SecureNoise:
    """Random numbers of the operating system, to hide private rows with.

    A guarantee holds as long as nobody can draw the same noise again and subtract it.
    There is therefore no seed and no state: nothing to set, to store with a fitted
    estimator or to share with a forked process. A generator of torch on the CPU, for
    one, keeps only 32 bits of its seed, which can all be tried.

    Noise that is added to a float can also betray what it was added to by its last
    bits. Normal draws are therefore sums of four, and rounded to a grid that has every
    integer on it: added to exact counts they give what a count with unrounded noise
    gives when it is rounded.

    See Also
    --------
    fairsample.flip.budget.PrivacyLedger : What the noise buys.

    References
    ----------
    Mironov, "On significance of the least significant bits for differential privacy",
    2012.

    Holohan, Braghin, "Secure random sampling in differential privacy", 2021,
    arXiv:2107.10138.

    Examples
    --------
    >>> from fairsample.flip.secure_noise import SecureNoise
    >>> noise = SecureNoise()
    >>> noisy_counts = [30, 12, 0] + noise.normal(3, std=2.0)
    >>> noisy_counts.shape
    (3,)
    >>> takes_part = noise.uniform(1000) < 0.02
    """

    __slots__ = ()

    def normal(self, shape, std):
        """Draw Gaussian noise.

        Parameters
        ----------
        shape : int or tuple of int
            Of what is drawn.
        std : float or array-like
            Standard deviation, positive; of a shape that broadcasts to `shape`.

        Returns
        -------
        ndarray of float64 of shape `shape`
            Multiples of a power of two that is at most 1 and at most 2**-20 of `std`.
            Their sums with integers below 2**31 times `std` are exact.

        Raises
        ------
        ValueError
            If a standard deviation is not positive and finite.
        """
        std = np.asarray(std, dtype=np.float64)
        if not ((std > 0) & np.isfinite(std)).all():
            raise ValueError(f"std must be positive and finite, got {std}.")
        total = sum(self._standard_normal(shape) for _ in range(4)) / 2
        exponent = np.frexp(std)[1] - 1 - _FINENESS
        grid = np.ldexp(1.0, np.minimum(exponent, 0))
        return np.rint(total * std / grid) * grid

    def uniform(self, shape):
        """Draw uniform numbers, such as tosses that say which rows take part.

        Parameters
        ----------
        shape : int or tuple of int
            Of what is drawn.

        Returns
        -------
        ndarray of float64 of shape `shape`
            Multiples of 2**-53 from 0 to below 1.
        """
        return (_bits(shape) >> np.uint64(11)) * 2.0**-53

    def torch_generator(self, device="cpu"):
        """Make a torch generator that starts from a state of its own.

        Parameters
        ----------
        device : str or torch.device, default="cpu"
            Where it draws.

        Returns
        -------
        torch.Generator
            It has a state: use it in the process that asked for it and store it
            nowhere.
        """
        generator = torch.Generator(device)
        if torch.device(device).type != "cpu":
            return generator.manual_seed(int.from_bytes(os.urandom(8)) >> 1)
        state = generator.manual_seed(_MARK).get_state().numpy().copy()
        words = state[_TWISTER].view(np.uint64)
        if words[0] != _MARK or (words >= 2**32).any():
            raise RuntimeError(
                f"torch {torch.__version__} keeps the state of its generators "
                "elsewhere than it did; it cannot be set in full."
            )
        words[:] = _bits(words.shape) >> np.uint64(32)
        return generator.set_state(torch.from_numpy(state))

    def _standard_normal(self, shape):
        """Draw by the method of Box and Muller."""
        radius = np.sqrt(-2 * np.log1p(-self.uniform(shape)))
        return radius * np.cos(2 * np.pi * self.uniform(shape))


def _bits(shape):
    """Draw 64 random bits for each element."""
    n_elements = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(os.urandom(8 * n_elements), dtype=np.uint64).reshape(shape)
