"""What runs inside the cage, under the project's own interpreter: the standard library and the project's pytest only.

Every file here keeps to the syntax of Python 3.8. The folder is handed to the interpreter by path (`boot.py`), never installed.
"""
