"""Load named sets, folders of images and single files as arrays."""
