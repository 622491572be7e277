"""What a file says: its syntax with spans, and no values."""
