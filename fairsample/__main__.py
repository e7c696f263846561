"""``python -m fairsample``: the command line, where no program is installed."""

import sys

from fairsample.commands import main

if __name__ == "__main__":
    sys.exit(main())
