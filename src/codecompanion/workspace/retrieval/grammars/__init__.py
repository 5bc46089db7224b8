"""What a definition looks like in each grammar: one tree-sitter query per language.

A query captures the whole definition under its kind ("class", "function", "type", "constant") and its name under "name".
"""
