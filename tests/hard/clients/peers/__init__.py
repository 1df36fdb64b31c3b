"""The other side: a TLS server that speaks as much of a protocol as a client needs to be served."""
