"""How a project is installed: the steps, the virtual environment, and running what needs the network."""
