"""`python -m batuta` is `batuta`."""

import sys

from batuta.doors.cli import main

if __name__ == "__main__":
    sys.exit(main())
