"""`tremaux`, and `python -m tremaux_server`."""

import sys

from tremaux_server.cli import main

if __name__ == "__main__":
    sys.exit(main())
