"""Turns records into files that Excel and WPS open: views as xlsx and csv, workbooks of rejected rows."""
