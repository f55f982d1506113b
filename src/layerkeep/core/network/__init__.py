"""The network as rules see it: layers, their components, and what was sighted of them lately."""
