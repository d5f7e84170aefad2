"""What handlers may touch: settings, wiring, REST, batches."""
