"""Figures of stores that somebody should look at, counted as things happen and warned of once."""
