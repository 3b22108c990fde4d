"""Tools without business meaning: database, schema, field contract, formulas, crypto, settings, errors."""
