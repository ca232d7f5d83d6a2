"""Autoencoders, variational autoencoders and generative adversarial networks."""
