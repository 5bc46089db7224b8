"""Programs that run in the cage under the project's interpreter; each is one file for any Python from 3.8 on."""
