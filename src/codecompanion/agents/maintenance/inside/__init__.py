"""Programs that run under the project's interpreter, each alone in its file: any Python 3.8 can run them."""
