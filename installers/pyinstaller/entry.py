"""The first lines a frozen `withfom` runs."""

import sys

from withfom.main import main

if __name__ == "__main__":
    sys.exit(main())
