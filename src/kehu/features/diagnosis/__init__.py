"""What `kehu doctor` looks at."""
