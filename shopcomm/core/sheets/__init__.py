"""Lists as files: what a column is, what a spreadsheet must not change, and the writers of CSV and XLSX."""
