/* Not compiled: the words of the C library's argp, which looks them up among ours, so that they can be translated. */
N_("Usage:")
N_(" [OPTION...]")
N_(" or: ")
N_("Try `%s --help' or `%s --usage' for more information.\n")
N_("Give this help list")
N_("Give a short usage message")
N_("Mandatory or optional arguments to long options are also mandatory or optional for any corresponding short "
   "options.")
N_("Too many arguments")
N_("%s: Too many arguments\n")
