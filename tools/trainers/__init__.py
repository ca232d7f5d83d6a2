"""One module for each file of weights that ships with the book: `make train NAME=gans` runs `tools.trainers.gans`."""
