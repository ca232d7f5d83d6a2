"""What makes an answer right: one module of checkers a lecture, each with a dictionary `CHECKERS`."""


def takes_function(name):
    """Mark a checker whose attempt is a function; `utils.exercises.check` refuses anything else before it asks.

    Parameters
    ----------
    name : str
        What the lecture calls the function.

    Returns
    -------
    callable
        A decorator.
    """

    def mark(checker):
        checker.function_name = name
        return checker

    return mark
