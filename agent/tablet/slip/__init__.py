"""The page of the customer's screen that takes the letters of a claim slip."""
