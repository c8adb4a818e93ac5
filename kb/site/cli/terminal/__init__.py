"""What all commands share: results, refusals, standard error and the log."""
