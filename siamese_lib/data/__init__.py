"""Named sets, folders of images and single files become arrays."""
