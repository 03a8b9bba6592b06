"""The sub-commands: one module a noun, each with ``add(subparsers)``."""
