"""What must be done for trunks beside the calls: knowing their addresses and whether they answer."""
