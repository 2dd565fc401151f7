"""The customer's screen: a number in, the result out, then back to the greeting."""
