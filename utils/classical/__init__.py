"""Recognition before networks learned their features."""
