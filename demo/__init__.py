"""Everything on one machine: a cloud, an agent, a capture proxy, a virtual printer, POS and customers."""
