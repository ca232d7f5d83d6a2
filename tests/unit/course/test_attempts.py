"""Attempts are called on copies, for a limited time, and leave the session as it was."""

import random
import signal
import threading
import time
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
import torch

from utils.course.attempts import Fault, NotAttempted, Stopped, TooLong, is_empty, session_kept, time_limit, watch


def add_one(values):
    values += 1
    return values


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(2),
        np.zeros(2),
        [0, 0],
        [torch.zeros(2), torch.zeros(1)],
        torch.zeros(2, requires_grad=True),
        torch.nn.Linear(2, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_given_must_stay_as_it_is(value):
    def spoil(values):
        if isinstance(values, torch.nn.Module):
            values = values.weight
        if isinstance(values, list):
            values[0] = values[0] + 1
        else:
            with torch.no_grad():
                values += 1
        return 1

    with pytest.raises(Fault, match="changed the given `values`"):
        watch(spoil)(value)
    assert watch(lambda values: 1)(value) == 1


def test_the_checkers_own_values_are_never_handed_out():
    own = [torch.zeros(2), [np.zeros(1)]]
    with pytest.raises(Fault):
        watch(lambda values: values[1][0].fill(7) or 1)(own)
    assert own[0].tolist() == [0, 0]
    assert own[1][0].tolist() == [0]


def test_a_change_of_form_alone_is_no_change():
    assert watch(lambda values: values.requires_grad_().sum())(torch.zeros(2)) == 0


def test_an_argument_without_a_name_is_numbered():
    with pytest.raises(Fault, match="changed the given argument 2"):
        watch(lambda *values: values[1].append(3) or 1)(1, [2])


def test_the_readers_error_is_told_from_the_checkers():
    with pytest.raises(Stopped, match="division by zero") as caught:
        watch(lambda x: 1 / x)(0)
    assert isinstance(caught.value.error, ZeroDivisionError)


@pytest.mark.parametrize("nothing", [None, ..., NotImplemented])
def test_an_empty_answer_is_no_attempt_unless_it_answered_before(nothing):
    assert is_empty(nothing)
    with pytest.raises(NotAttempted):
        watch(lambda x: nothing)(1)
    sometimes = watch(lambda x: x if x else nothing)
    assert sometimes(1) == 1
    with pytest.raises(Fault, match="end every branch"):
        sometimes(0)


def test_a_bare_not_implemented_error_is_no_attempt():
    def empty():
        raise NotImplementedError

    with pytest.raises(NotAttempted):
        watch(empty)()


@pytest.mark.parametrize("function", [max, np.add, partial(pow, 2), torch.nn.Identity()], ids=str)
def test_every_callable_can_be_watched(function):
    arguments = (torch.ones(1),) if isinstance(function, torch.nn.Module) else (1, 2)
    arguments = arguments[:1] if isinstance(function, partial) else arguments
    assert watch(function)(*arguments) == function(*arguments)


def forever():
    while True:
        pass


def deaf():
    while True:
        with suppress(Exception):
            forever()


@pytest.mark.parametrize("endless", [forever, deaf])
def test_what_never_ends_is_stopped(endless):
    started = time.monotonic()
    with pytest.raises(TooLong), time_limit(0.05):
        endless()
    assert time.monotonic() - started < 5


def test_an_earlier_timer_and_handler_are_restored():
    def handler(number, frame):
        """Stand for somebody else's."""

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 50, 60)
    try:
        with time_limit(5):
            assert signal.getitimer(signal.ITIMER_REAL)[0] <= 5
        delay, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 40 < delay <= 50
        assert interval == 60
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_no_alarm_is_left_behind():
    with time_limit(5):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_another_thread_has_no_limit_and_no_error():
    done = []

    def run():
        with time_limit(0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


def test_the_session_is_left_as_it_was():
    def draws():
        return torch.rand(1).item(), np.random.rand(), random.random()

    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    expected = draws()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    with torch.no_grad():
        with session_kept():
            assert torch.is_grad_enabled()
            torch.set_grad_enabled(False)
            torch.set_default_dtype(torch.float64)
            torch.manual_seed(5), np.random.seed(5), random.seed(5)
            draws()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() is torch.float32
    assert draws() == expected
