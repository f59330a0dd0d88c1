"""Value types of SIP that the call logic needs."""
