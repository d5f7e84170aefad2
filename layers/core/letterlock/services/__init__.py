"""What Letterlock does, one verb a module. Sees the domain and the ports, nothing else."""
