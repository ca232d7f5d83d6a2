"""Segmentation: how well masks fit, and what upsampling draws by itself."""
