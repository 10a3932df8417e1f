"""What a price has been doing, in two sentences that are true."""
