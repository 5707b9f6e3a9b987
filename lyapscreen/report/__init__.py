"""Results into what people read: the terminal, sentences, tables, figures, and files in every format."""
