"""Composed scenes with known truth: described, drawn, told in words."""
