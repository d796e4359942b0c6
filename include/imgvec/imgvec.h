/** @file
 * libimgvec: images, alone or mixed with other columns, into trained models.
 *
 * This header includes all the others. Words used in every comment:
 *
 *   NEW        the caller owns what comes back and frees it with the named function
 *   BORROWED   the library keeps it; the comment says until when it is valid
 *   COPIED     the library copies the argument before the call returns
 *   MOVED      the library takes the argument over, on success only
 *
 *   Thread: any thread                        no shared state at all
 *   Thread: one thread at a time per handle   the caller keeps others out
 *   Thread: shared read                       many threads at once on one handle
 *
 * A failed call leaves its handles as they were, unless its comment says otherwise.
 * All text in and out is UTF-8. Every handle keeps its context alive, so the order
 * in which handles are freed does not matter. */
#ifndef IMGVEC_IMGVEC_H
#define IMGVEC_IMGVEC_H

#include <imgvec/arrow.h>
#include <imgvec/augment.h>
#include <imgvec/backbone.h>
#include <imgvec/context.h>
#include <imgvec/dataset.h>
#include <imgvec/error.h>
#include <imgvec/explain.h>
#include <imgvec/export.h>
#include <imgvec/model.h>
#include <imgvec/options.h>
#include <imgvec/report.h>
#include <imgvec/scorer.h>
#include <imgvec/vectorizer.h>
#include <imgvec/version.h>
#include <imgvec/watch.h>

#endif
