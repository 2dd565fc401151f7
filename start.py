"""Starts WithFoM Agent from a source folder, on a machine that has Python and nothing else.

    python3 start.py demo          the program; every argument goes to the `withfom` command line
    python3 start.py test          the tests; `python3 start.py help` lists the other development commands

This file is written so that an old Python can still read it and say what is missing.
"""

import sys

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    needed, found = ("%d.%d" % version[:2] for version in (NEEDED, sys.version_info))  # noqa: UP031
    sys.stderr.write(
        f"WithFoM Agent에는 Python {needed} 이상이 필요합니다. 지금 Python은 {found}입니다.\n"
        f"WithFoM Agent needs Python {needed} or newer; this is {found}. https://www.python.org/downloads/\n"
    )
    sys.exit(2)

from installers.bootstrap.launcher import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
