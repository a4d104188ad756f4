"""mnistlab: neural networks taken apart, on handwritten digits.

The notebooks are the course; this package carries their plumbing. Importing it costs nothing:
TensorFlow and matplotlib load with the modules that need them.
"""

from mnistlab.quiet import hush_tensorflow

__version__ = "0.1.0"
__all__ = ["__version__"]

hush_tensorflow()
