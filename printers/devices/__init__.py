"""Ways to reach a printer (ports) and the one way to hand it a slip (delivery)."""
