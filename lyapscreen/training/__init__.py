"""One optimizer step over a batch of candidates as a map of states: model, loss, derivatives, optimizer."""
