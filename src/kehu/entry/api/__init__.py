"""HTTP: thin handlers over core and features. The only folder that knows the web framework."""
