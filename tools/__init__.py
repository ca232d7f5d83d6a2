"""What the `Makefile` calls."""

import sys

# jsonschema, which nbformat and Jupyter Book import, would read this grammar at each start, for one second of ten
sys.modules["rfc3987_syntax"] = None
