"""Scripts of the repository. No part of the installed package."""
