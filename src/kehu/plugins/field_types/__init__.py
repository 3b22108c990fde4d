"""Field types: one file each, found by `base.common.registry`. Nothing imports them by name."""
