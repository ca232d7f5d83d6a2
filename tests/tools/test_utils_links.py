"""The names of the package in the text: read from its files, they are what Python finds."""

import importlib
import inspect
import pkgutil

import pytest

import utils
from book._ext.utils_links import documented_name


@pytest.mark.slow
def test_each_name_leads_to_where_it_is_defined():
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(utils.__path__, "utils.")]
    found = {
        f"{module.__name__}.{name}": f"{value.__module__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith("utils.")
    }
    assert {name: documented_name(name) for name in found} == found
    assert found["utils.training.fit"] == "utils.training.loop.fit"


def test_a_module_and_a_constant_lead_to_themselves():
    for name in ("utils.training", "utils.training.loop", "utils.checks.introduction.CHECKERS"):
        assert documented_name(name) == name


@pytest.mark.parametrize(
    "name", ["utils.training.fitt", "utils.trainin.fit", "utils.training.loop.torch", "utils.fit.x"]
)
def test_what_is_not_there_is_an_error(name):
    with pytest.raises(LookupError, match=name):
        documented_name(name)
