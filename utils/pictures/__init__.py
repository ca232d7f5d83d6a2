"""Photographs, and what a camera, a crop or a viewpoint makes of them."""
