"""What is said of a JAX that computes wrong results."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.jax_only

IMPORT = """
import jax, jaxlib
jaxlib.__version__ = "{version}"
import skopt_nn._backend
"""


def said(version, **environment):
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", IMPORT.format(version=version)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in result.stderr.splitlines() if "wrong results" in line]


@pytest.mark.parametrize("version", ["0.10.2", "0.11.0", "0.11.2"])
def test_a_jaxlib_that_is_wrong_is_named_in_one_warning(version):
    (line,) = said(version)
    assert f"jaxlib {version} is installed" in line
    assert "pip install 'jax!=0.10.2,!=0.11.*'" in line


@pytest.mark.parametrize("version", ["0.10.1", "0.9.2", "0.12.0.1", "0.110.0"])
def test_a_jaxlib_that_is_right_needs_no_words(version):
    assert not said(version)


def test_whoever_chose_what_is_fused_is_not_warned():
    flag = "--xla_cpu_experimental_ynn_fusion_type=individual_dot"
    assert not said("0.10.2", XLA_FLAGS=flag)
