"""A receipt printer in software: reads ESC/POS like a real one and answers with paper, as text and as pictures."""
