"""Lists of goods, stock and customers from files: a row is one of them, read, compared with what there is, and taken in."""
