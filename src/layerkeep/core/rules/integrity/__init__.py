"""Rules about what the layers say of each other: is it true, and was it allowed?"""
