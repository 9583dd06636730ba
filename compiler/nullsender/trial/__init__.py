"""Play the tests of a policy to the real servers of its deployments, and hold them to what the policy means."""
