"""What somebody would take instead, to be measured beside the application: same pictures, same cores, same run."""
