"""What dev.py does, one module per concern, standard library only.

The modules run before anything is installed, so they import nothing but Python itself and each other.
"""
