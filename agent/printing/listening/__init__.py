"""Sets the capture up: the steps on the devices page, the card with the way back, and the process kept alive."""
