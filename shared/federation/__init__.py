"""Who takes part and how they speak: messages, identities, roster, masks, receipts, drop-out."""
