"""Play the tests of a policy on the reference evaluator, and say what became of them."""
