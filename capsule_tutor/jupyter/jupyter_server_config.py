"""What `capsule-tutor lab` tells Jupyter's server, in a file because a hook cannot be given on the command line."""

from capsule_tutor.authoring import keep_kernel_as_stored

c = get_config()  # noqa: F821  (Jupyter puts it there)
c.ContentsManager.pre_save_hook = keep_kernel_as_stored
