"""What follows at a site from its table and from what it was told, a file a concern (`client.run.Run.part`)."""
