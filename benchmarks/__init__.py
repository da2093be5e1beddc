"""Measurements that take longer than a test: ``python -m benchmarks``."""
