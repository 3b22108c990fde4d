"""Reads workbooks in a limited child process; the server never parses one. Start at `parent.read_workbook`.

This file stays empty of imports: the child starts here too and must not load polars.
"""
