"""What the README says, run as written."""

import doctest
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


@pytest.mark.shown
@pytest.mark.jax_only
def test_the_examples_of_the_readme_print_what_they_show(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # they save a file
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0
