"""What no chart owns: the test cluster, images, values per environment, and commands that use them."""
