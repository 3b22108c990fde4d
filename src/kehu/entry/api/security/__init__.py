"""What stands before every handler: headers, hosts and origins, sizes and shapes of bodies."""
