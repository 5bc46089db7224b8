"""What a Python project declares and what its interpreter has, by the packaging standards."""
