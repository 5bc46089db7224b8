"""What a definition looks like in each grammar: tree-sitter queries, by language.

"script" has what JavaScript and TypeScript share. A query captures the whole definition under
its kind ("class", "function", "type", "constant") and its name under "name".
"""
