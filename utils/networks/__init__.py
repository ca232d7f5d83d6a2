"""Convolutional networks: their arithmetic, their makers, what they look at."""
