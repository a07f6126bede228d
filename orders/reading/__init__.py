"""Reading what people write: places, phones and people in one line of text. Pure; the data load at the first reading."""
