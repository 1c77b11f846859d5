"""Files that people hand in: taken, looked at in a child process, written anew, kept encrypted.

`actions` takes, removes and releases; `intake` is the worker's side; `child` is what runs apart.
A file is looked at twice, and both must agree: `heads` walks its structure while its owner waits
(which kind it is, how many pixels, whether its end is there), the child decodes all of it.
"""
