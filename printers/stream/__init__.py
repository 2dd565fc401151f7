"""ESC/POS as it is sent: tokens, text rows and documents. Reads every stream, judges none."""
