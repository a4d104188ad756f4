"""Coursework: student versions built from source notebooks, and handed-in notebooks graded.

One way through the modules: `source` reads an assignment, `release` builds what students get;
`submissions` finds what they hand in, `sandbox` runs it (with `inside` on the other side),
`judge` runs the hidden tests, `grader` puts these together and stores the result, `book` fills
nbgrader's gradebook, and `pages` writes what teacher and students read. docs/coursework.md tells
how they are used.
"""
