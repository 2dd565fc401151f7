"""`python -m withfom`."""

import sys

from withfom.main import main

if __name__ == "__main__":
    sys.exit(main())
