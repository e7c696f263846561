"""Command line: ``python -m fairsample demo``."""

import argparse

__all__ = ["main"]


def main(arguments=None):
    """Run a command.

    Parameters
    ----------
    arguments : list of str, default=None
        The command line without the program; None takes the process's own.
    """
    parser = argparse.ArgumentParser(prog="python -m fairsample")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser(
        "demo", help="compare augmentations on the embedded, simulated ICU cohort"
    )
    demo.add_argument("--out", default="fairsample-demo", help="folder to write to")
    demo.add_argument("--patients", type=int, default=3500, help="to train on")
    demo.add_argument("--seeds", type=int, default=3, help="number of repetitions")
    demo.add_argument("--quiet", action="store_true", help="no progress bar")
    given = parser.parse_args(arguments)
    from fairsample.demo import run_demo

    run_demo(
        given.out,
        n_patients=given.patients,
        seeds=range(given.seeds),
        verbose=not given.quiet,
    )


if __name__ == "__main__":
    main()
