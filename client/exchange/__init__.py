"""A question arrives at a site and is answered: order, ledger, computation, contract, masks, audit."""
