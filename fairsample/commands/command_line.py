"""From a command line to a command, and from an error to one line."""

import argparse
import sys
import warnings
from contextlib import contextmanager

from fairsample import __version__
from fairsample.commands import augment, compare, demo, effects

__all__ = ["main"]

COMMANDS = (augment, compare, effects, demo)
BAD_INPUT = 1
INTERRUPTED = 130


def main(arguments=None):
    """Run a command.

    Results go to the standard output, progress, warnings and errors to the standard
    error.

    Parameters
    ----------
    arguments : list of str, default=None
        The command line without the program; None takes the process's own.

    Returns
    -------
    int
        The exit status: 0, 1 for bad input, 130 for an interruption. A line that cannot
        be understood ends the process with 2.

    Examples
    --------
    >>> from fairsample.commands import main
    >>> main(["effects", "no-such-file.csv", "--target=died", "--sensitive=race"])
    1
    """
    given = _parser().parse_args(arguments)
    try:
        with _warnings_in_one_line(given.command):
            given.run(given)
    except (ValueError, OSError, ImportError) as error:
        _say(given.command, "error", error)
        return BAD_INPUT
    except KeyboardInterrupt:
        _say(given.command, "error", "interrupted; nothing was written")
        return INTERRUPTED
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="fairsample", description="Fair synthetic rows.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        summary, _, details = command.__doc__.partition("\n\n")
        subparser = commands.add_parser(
            command.NAME,
            help=summary.rstrip(".").lower(),
            description=f"{summary} {details}",
            allow_abbrev=False,
        )
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


_OF_PROGRAMMERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


@contextmanager
def _warnings_in_one_line(command):
    """Say every warning once, without the line of code that it came from."""
    said = set()

    def show(message, category, *_args, **_more):
        if not issubclass(category, _OF_PROGRAMMERS) and str(message) not in said:
            said.add(str(message))
            _say(command, "warning", message)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield


def _say(command, kind, message):
    line = " ".join(str(message).split())
    print(f"fairsample {command}: {kind}: {line}", file=sys.stderr)
