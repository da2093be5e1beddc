"""A small student that learns from the outputs of a large teacher."""


class DistilledClassifier:
    """Placeholder."""


class DistilledRegressor:
    """Placeholder."""
