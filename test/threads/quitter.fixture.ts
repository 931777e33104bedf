// A module that ends whatever imports it; the tests never do.

process.exit(7)
