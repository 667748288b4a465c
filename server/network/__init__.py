"""The coordinator's network: certificates, proxy, Flower's services, who is admitted, and runs submitted."""
