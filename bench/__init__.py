"""What Letterlock costs, counted on the real code path: nothing here is deployed."""
