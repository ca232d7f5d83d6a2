"""What makes an answer right: one module of checkers a lecture, each with a dictionary `CHECKERS`."""
