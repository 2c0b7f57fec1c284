"""`tremaux demo`: watch an agent go in circles and get out."""

import tempfile
from argparse import Namespace
from pathlib import Path

import anyio

from tremaux_server.demo.agent import play


def demo(_options: Namespace) -> int:
    """Play the story in a directory of its own; exits with 1 if it did not end as it should."""
    with tempfile.TemporaryDirectory(prefix="tremaux-demo-") as folder:
        return 0 if anyio.run(play, Path(folder)) else 1
