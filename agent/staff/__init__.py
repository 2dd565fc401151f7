"""Who works at this counter: the roster, PINs that are checked without a line, and what each of them may do."""
