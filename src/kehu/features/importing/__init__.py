"""Turns workbooks into records: reading, mapping, rehearsal, applying. Only `reader` touches the file itself."""
