"""``python -m utils.data``: the listing."""

import sys

from utils.data.listing import main

if __name__ == "__main__":
    sys.exit(main())
