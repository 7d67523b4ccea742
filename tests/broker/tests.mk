# Programs and scripts of these tests.
