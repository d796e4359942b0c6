/* Filling a dataset from files. */
#ifndef IV_TABLE_IMPORT_H
#define IV_TABLE_IMPORT_H

#include "base/options.h"
#include "base/watch.h"
#include "table/store.h"
#include "table/tree.h"

typedef struct iv_import {
    imgvec_dataset *ds;
    const imgvec_options *opts;
    iv_watch watch;
    iv_tree tree;         /* files of the folder or archive; empty for a lone file */
    char *url;            /* of a file that was downloaded; NULL: it is the user's own */
    const char *csv;      /* name of the CSV file, BORROWED from the tree or the path */
    const char *csv_path; /* the same in error texts, BORROWED while it is read */
    char *base;           /* the CSV file's folder within the tree; NULL: none, or no tree */
} iv_import;

/* Class folders, or images without classes. */
imgvec_status iv_import_folders(iv_import *in, imgvec_error *err);
/* The one CSV file of the tree, or the one that option "csv" names. */
imgvec_status iv_import_tree_csv(iv_import *in, imgvec_error *err);
/* A CSV file on disk. */
imgvec_status iv_import_csv_file(iv_import *in, const char *path, imgvec_error *err);

bool iv_is_csv_name(const char *name);

#endif
