"""Which packages the wheel holds: those of ``utils``, and the demos' modules, which lie in ``book/live``."""

from setuptools import find_namespace_packages, setup

setup(packages=[*find_namespace_packages(include=["utils", "utils.*"]), "utils.live_modules"])
