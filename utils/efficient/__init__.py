"""Networks made small."""
