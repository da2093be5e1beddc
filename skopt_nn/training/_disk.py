"""Compiled programs on disk, found again by the next process of the same user."""

import hashlib
import os
import platform
import re
import stat
import warnings
from importlib import metadata
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

FOLDER_VARIABLE = "SKOPT_NN_COMPILATION_CACHE"
_CPU_INFO = Path("/proc/cpuinfo")
# What a CPU is and what it can do; not its clock, nor which of several it is.
_FACTS = re.compile(r"^(?:model name|flags|Features|CPU \w+)\s*:.*$", re.MULTILINE)


def keep_programs_on_disk() -> Path | None:
    """Let JAX keep what it compiles in a folder that only the user can write.

    The folder is ``skopt_nn/compiled`` in the user's cache folder;
    ``SKOPT_NN_COMPILATION_CACHE`` moves it, or turns it off if it is ``off``. A folder
    that JAX was already given stays. In it, each version of jaxlib and each kind of CPU
    has a folder of its own: a home may be seen by many machines, and code for another
    CPU may not run here. What cannot be used safely is not used: one warning names it.
    Returns the folder of the programs, or None.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    given = jax.config.values["jax_compilation_cache_dir"]
    if chosen == "off" or given is not None:
        return None
    base = Path(chosen).expanduser() if chosen else _default_folder()
    folder = base / f"jaxlib-{metadata.version('jaxlib')}-{_cpu()}"
    problem = _make_private(base) or _make_private(folder)
    if problem:
        warnings.warn(
            f"Compiled programs are not kept on disk: {base} {problem}. Set "
            f"{FOLDER_VARIABLE} to a folder that only you can write, or to 'off'.",
            stacklevel=2,
        )
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # Our programs are many and small: each is worth keeping.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    # JAX looks for its folder at the first compilation only, which may have been.
    compilation_cache.reset_cache()
    return folder


def _default_folder():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "skopt_nn" / "compiled"


def _cpu() -> str:
    """A name that CPUs of one kind share."""
    facts = {platform.machine(), platform.processor()}
    if _CPU_INFO.exists():
        facts.update(_FACTS.findall(_CPU_INFO.read_text()))
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()[:12]


def _make_private(folder: Path) -> str | None:
    """Create the folder if need be; what is wrong with it, if anything."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as err:
        return f"cannot be created ({err.strerror})"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return "cannot be written"
    if os.name == "posix":
        # Whoever can write a compiled program decides what this process runs.
        if status.st_uid != os.geteuid():
            return "belongs to another user"
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return "can be written by others"
    return None
