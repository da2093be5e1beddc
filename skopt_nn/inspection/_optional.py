"""Libraries that the package does not depend on."""

import importlib


def optional(module, needed_by):
    """Import a module; where it is missing, an error that says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as err:
        library = module.partition(".")[0]
        raise ImportError(
            f"{needed_by} needs {library}, which is not installed. Get it with: "
            "pip install 'skopt-nn[plot]'"
        ) from err
