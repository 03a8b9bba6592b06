"""Measurements of speed and memory: ``make bench``. Results with their machine stand in ``docs/benchmarks.md``."""
