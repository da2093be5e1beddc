"""What is said of a JAX that computes wrong results."""

import os
import subprocess
import sys
import warnings

import pytest

from skopt_nn import _backend

pytestmark = pytest.mark.jax_only

IMPORT = """
import jax, jaxlib
jaxlib.__version__ = "0.10.2"
import skopt_nn._backend
"""
WORDS = "wrong results"


def test_importing_on_a_jaxlib_that_is_wrong_warns_once():
    environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", IMPORT],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr.count(WORDS) == 1


@pytest.fixture
def warn_on(monkeypatch):
    """What is said with a version of jaxlib and XLA's flags."""
    import jaxlib

    def warn(version, flags=""):
        monkeypatch.setattr(jaxlib, "__version__", version)
        monkeypatch.setenv("XLA_FLAGS", flags)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            _backend._warn_of_wrong_jaxlib()
        return [str(warning.message) for warning in caught]

    return warn


@pytest.mark.parametrize("version", ["0.10.2", "0.11.0", "0.11.2"])
def test_a_jaxlib_that_is_wrong_is_named_in_one_warning(warn_on, version):
    (message,) = warn_on(version)
    assert WORDS in message
    assert f"jaxlib {version} is installed" in message
    assert "pip install 'jax!=0.10.2,!=0.11.*'" in message


@pytest.mark.parametrize("version", ["0.10.1", "0.9.2", "0.12.0.1", "0.110.0"])
def test_a_jaxlib_that_is_right_needs_no_words(warn_on, version):
    assert not warn_on(version)


def test_whoever_chose_what_is_fused_is_not_warned(warn_on):
    flag = "--xla_cpu_experimental_ynn_fusion_type=individual_dot"
    assert not warn_on("0.10.2", flag)
