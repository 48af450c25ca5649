"""What the tests of training and serving share."""
