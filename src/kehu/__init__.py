"""Kehu 客户台账: a self-hosted customer ledger.

Six bands, each imports only from those after it: entry, runtime, plugins, features, core, base.
"""

__version__ = "0.1.0"
