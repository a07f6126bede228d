"""In and out by file: lists as XLSX and CSV for whoever sees them, files of goods, stock, customers and orders for managers."""
