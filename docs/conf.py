"""Configuration of the site: ``sphinx-build -W -n docs build/site``."""

import inspect
import re

# The gallery looks up what examples import, without running them.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

import skopt_nn

project = "skopt_nn"
author = "skopt_nn developers"
copyright = f"2026, the {author}"
release = skopt_nn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
# A name in single backticks is a link where there is such a page.
default_role = "autolink"
nitpick_ignore_regex = [
    # Pages of other projects, which an offline build does not have.
    (r"py:.*", r"(?!skopt_nn).*"),
    (r"py:.*", r"skopt_nn\..*\._.*"),
]
exclude_patterns = ["build", "**/README.txt"]
templates_path = ["templates"]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
copybutton_prompt_text = ">>> |\\.\\.\\. "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"quickstart\.py",
    "image_scrapers": ("matplotlib",),
    "show_memory": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skopt_nn"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

# What reads well in an editor and is markup to Sphinx: *args, and names_ of attributes.
_STAR = re.compile(r"(?<=[ (])\*(?=\w+\))")
_UNDERSCORE = re.compile(r"(?<![`\w])(\w+)_(?=[\s,;:.)]|$)")
# Labels of scikit-learn's own site, in what is inherited from it.
_ROLE = re.compile(r":(?:ref|term):`([^`<]+?)\s*(?:<[^>]*>)?`")


def _escape(app, what, name, obj, options, lines):
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            line = _UNDERSCORE.sub(r"\1\\_", _STAR.sub(r"\\*", line))
            lines[i] = _ROLE.sub(r"\1", line)


def _is_left_out(app, what, name, obj, skip, options):
    """Parameters are described with their class, and not again as its attributes."""
    shown = inspect.isroutine(obj) or inspect.isclass(obj) or isinstance(obj, property)
    return True if what == "class" and not shown else None


def setup(app):
    app.connect("autodoc-process-docstring", _escape, priority=400)
    app.connect("autodoc-skip-member", _is_left_out)
