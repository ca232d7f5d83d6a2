"""The package shared by every lecture: data, training, plotting and the subjects the course teaches."""
