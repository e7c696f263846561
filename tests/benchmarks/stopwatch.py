"""Wall clock and processor time."""

import time

__all__ = ["Stopwatch"]


class Stopwatch:
    """Started when it is made.

    Processor time is that of all threads of this process; on a busy machine it tells
    more than the wall clock.
    """

    def __init__(self):
        self.start = time.perf_counter(), time.process_time()

    def read(self):
        """Give seconds of the wall clock and of the processor since the start."""
        wall, processor = self.start
        return time.perf_counter() - wall, time.process_time() - processor
