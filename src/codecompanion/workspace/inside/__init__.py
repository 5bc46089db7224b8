"""What runs inside the cage, on the project's own interpreter: Python 3.8 or newer, standard library and pytest only.

The package is copied into the run's scratch folder under the name `codecompanion_inside`.
"""
