"""Members trained one after another, each on what the ones before it got wrong."""
