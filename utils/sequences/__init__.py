"""Recurrent networks, and captions as sequences of words."""
