"""What stores and head office each bear of the rewards that were used."""
