"""Where work runs: jobs on this machine's devices (`local`); shards here or elsewhere (`map`, `processes`, `ray`)."""
