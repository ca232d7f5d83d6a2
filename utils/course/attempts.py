"""How a reader's attempt is called: on copies, for a limited time, and with the session left as it was found."""

import inspect
import random
import signal
import threading
import time
from contextlib import contextmanager
from functools import wraps

import numpy as np
import torch

ONE_BRANCH = "one branch of your function returns nothing; end every branch with `return`"


class NotAttempted(Exception):
    """The attempt is still the empty one that the notebook came with."""


class Fault(Exception):
    """What the attempt does that no answer may do, in words for the reader."""


class Stopped(Exception):
    """The attempt raised `error`: the reader's own code stopped, and not the checker."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


class TooLong(BaseException):
    """The time is over. No ``except Exception`` in a reader's loop catches it."""


def is_empty(value):
    """Tell whether a `value` says that nothing was answered yet.

    Parameters
    ----------
    value : object

    Returns
    -------
    bool
    """
    return value is None or value is ... or value is NotImplemented


def watch(function):
    """Wrap an attempt so that a checker can tell the reader's faults from its own.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
        Hands out copies of its arguments; only tensors that record gradients, networks and functions are handed on.
        Raises `Stopped` if `function` raises, `Fault` if it changes an argument or answers in some calls only, and
        `NotAttempted` if it is empty.
    """
    answered = False

    @wraps(function)
    def watched(*args):
        nonlocal answered
        given = [_copy(one) for one in args]
        before = _snapshot(given)
        try:
            result = function(*given)
        except Exception as error:  # the reader's own code may raise anything
            if isinstance(error, NotImplementedError) and not str(error):
                raise NotAttempted from error
            raise Stopped(error) from error
        if is_empty(result):
            if answered:
                raise Fault(ONE_BRANCH)
            raise NotAttempted
        answered = True
        for place, (old, new) in enumerate(zip(before, _snapshot(given), strict=True)):
            if not _equal(old, new):
                name = _name_of(function, place)
                raise Fault(f"you changed the given {name}. Leave what is given as it is, and build something new.")
        return result

    return watched


def _copy(value):
    if isinstance(value, torch.Tensor):
        return value if value.requires_grad else value.clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copy, value))
    return value


def _snapshot(value):
    if isinstance(value, torch.nn.Module):
        value = list(value.state_dict().values())
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, (list, tuple)):
        return [_snapshot(one) for one in value]
    return _copy(value)


def _equal(one, other):
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, torch.Tensor):
        one, other = one.numpy(force=True), other.numpy(force=True)
    if isinstance(one, np.ndarray):  # byte by byte, since NaN is not equal to itself
        return one.shape == other.shape and one.tobytes() == other.tobytes()
    return one is other or one == other


def _name_of(function, place):
    try:
        return f"`{list(inspect.signature(function).parameters)[place]}`"
    except (IndexError, TypeError, ValueError):
        return f"argument {place + 1}"


@contextmanager
def time_limit(seconds):
    """Raise `TooLong` inside the block when `seconds` have passed, and again each second until it is left.

    A timer that ran before goes on afterwards. Only the main thread has signals, and not on Windows: elsewhere there is
    no limit, and code that waits outside Python is told only when it comes back.

    Parameters
    ----------
    seconds : float
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number, frame):
        raise TooLong

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    delay, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        if delay:
            signal.setitimer(signal.ITIMER_REAL, max(delay - (time.monotonic() - started), 1e-3), interval)


@contextmanager
def session_kept():
    """Record gradients inside the block; leave the default dtype, that choice and all random states as they were."""
    dtype, python, numpy = torch.get_default_dtype(), random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(devices), torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        random.setstate(python)
        np.random.set_state(numpy)
