"""Entry point of ``python -m imodels_nb``."""

import sys

from imodels_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())
