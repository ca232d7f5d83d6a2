"""Boxes around things: how they overlap, which are kept, how well they find what is there."""
