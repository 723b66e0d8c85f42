"""Files of migration paths and sites."""
