"""What single commands print of their own results."""
