"""What the guide says, run as written."""

import doctest
import warnings
from pathlib import Path

import pytest

import skopt_nn

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if ">>> " in page.read_text()]


@pytest.mark.shown
@pytest.mark.jax_only
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_the_guide_print_what_they_show(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    with warnings.catch_warnings():
        if page.stem == "integrations":  # what other libraries warn of is theirs
            warnings.simplefilter("ignore")
        result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted
    assert result.failed == 0


def test_every_public_name_has_a_page():
    listed = {line.strip() for line in (DOCS / "api.md").read_text().splitlines()}
    assert set(skopt_nn.__all__) <= listed


def test_every_page_of_the_guide_is_in_its_contents():
    pages = {page.stem for page in (DOCS / "guide").glob("*.md")} - {"index"}
    contents = (DOCS / "guide" / "index.md").read_text().splitlines()
    assert pages <= set(contents)
