"""What follows at a site from its table and the broadcast totals, a file a concern (`client.exchange.run.Run.part`)."""
