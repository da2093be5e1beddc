"""Tables in markdown, and the machine that they were measured on."""

import os
import platform
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path

LIBRARIES = (
    "skopt-nn",
    "scikit-learn",
    "keras",
    "jax",
    "scikeras",
    "tensorflow-cpu",
    "torch",
    "skorch",
    "numpy",
)


@dataclass
class Table:
    """One table of results.

    Parameters
    ----------
    title : str
    header : sequence of str
    rows : list of sequences
        Cells of strings and numbers; None is a dash.
    note : str
        A sentence on how it was measured.
    """

    title: str
    header: tuple
    rows: list = field(default_factory=list)
    note: str = ""

    def markdown(self):
        lines = [self.header, ["---"] + ["---:"] * (len(self.header) - 1), *self.rows]
        body = ["| " + " | ".join(map(cell, line)) + " |" for line in lines]
        note = ["", self.note] if self.note else []
        return "\n".join([f"### {self.title}", *note, "", *body])


def cell(value):
    """A cell's text; numbers with about three digits that count."""
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 10 else f"{value:.3g}"


def accuracy(value):
    return None if value is None else f"{value:.4f}"


def times(value):
    """A ratio, as "2.5x"."""
    return None if value is None else f"{value:.3g}x"


def machine():
    """Date, processor, cores and versions, as one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    versions = [f"{name} {version(name)}" for name in LIBRARIES if version(name)]
    return (
        f"{date.today().isoformat()}, {_processor()}, {cores or os.cpu_count()} cores, "
        f"Python {platform.python_version()}, " + ", ".join(versions)
    )


def version(name):
    """The installed version of a distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":")[1].strip() for line in lines if line[:10] == "model name"]
    return names[0] if names else platform.machine()
