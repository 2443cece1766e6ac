"""The one door: without arguments the window, with a subcommand the command line."""

import sys

if __name__ == "__main__":
    try:
        from gui.door import main

        sys.exit(main())
    except KeyboardInterrupt:  # before the program could listen for it
        sys.exit(130)
