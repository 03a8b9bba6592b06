"""The whole service as processes, and a monkey that breaks it by seed: ``make chaos SEED=… FAULTS=…``."""
