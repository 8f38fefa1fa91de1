"""What the sandbox itself can run, read as text and sent to the workers."""
