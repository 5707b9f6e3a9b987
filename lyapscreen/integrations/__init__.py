"""Other people's searches, served by a screening: one library a file, each with an extra of its name."""
