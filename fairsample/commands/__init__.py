"""The command line: ``fairsample augment``, ``compare``, ``effects`` and ``demo``."""

from fairsample.commands.command_line import main

__all__ = ["main"]
