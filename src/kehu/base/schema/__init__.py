"""The catalog as pure data: model, naming, validation, differences."""
