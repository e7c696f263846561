"""Compare augmentations on the embedded, simulated ICU cohort.

Writes a table, a picture, augmented records and a report into a folder.
"""

__all__ = ["NAME", "add_arguments", "run"]

NAME = "demo"


def add_arguments(parser):
    """Declare the options of the command."""
    parser.add_argument("--out", default="fairsample-demo", help="folder to write to")
    parser.add_argument("--patients", type=int, default=3500, help="to train on")
    parser.add_argument("--seeds", type=int, default=3, help="number of repetitions")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(given):
    """Run the demo."""
    from fairsample.demo import run_demo

    run_demo(
        given.out,
        n_patients=given.patients,
        seeds=range(given.seeds),
        verbose=not given.quiet,
    )
