"""What the analyzer looks at, one matter a file. Nothing of the project is run and nothing is changed."""
