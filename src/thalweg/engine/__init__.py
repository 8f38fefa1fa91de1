"""Where work runs: independent jobs on processes of this machine (`local`)."""
