"""Receipt layouts: what head office tells the counters of a brand about labels on their tills' receipts."""
