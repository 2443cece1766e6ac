"""The one door: without arguments the demonstration, with a subcommand the command line."""

import sys

from engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
